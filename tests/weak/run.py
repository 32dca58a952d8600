#!/usr/bin/env python3
"""usage: run.py [WORD…] — shows that the tests of defences in C# notice: each defence of defences.toml is left out of a copy of the
sources, and the test named with it, which has passed there before, must fail. WORDs choose defences by class or by test. Needs
`make build images` and root. Ends with "N passed, N failed"."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2]
LONGEST = 900  # seconds for a build or a test


class Broken(Exception):
    """What keeps a defence from being tried."""


def run(*command: str, cwd: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LONGEST, check=False)
    return done.returncode, done.stdout


def copy(to: Path) -> None:
    """The sources that git knows of, as they are now, and what the system tests use of out/."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=SOURCES, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (SOURCES / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCES / name, to / name)
    (to / "out").mkdir()
    for name in os.listdir(SOURCES / "out"):
        if name.startswith("insula") or name.endswith(".so"):
            shutil.copy2(SOURCES / "out" / name, to / "out" / name)
    (to / "out/images").symlink_to(SOURCES / "out/images")


class Tree:
    """The copy."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def build(self, defences: list[dict]) -> None:
        for project in sorted({d["project"] for d in defences}):
            code, said = run("dotnet", "build", f"tests/{project}", "-v", "quiet", "--nologo", cwd=self.root)
            if code != 0:
                raise Broken(f"tests/{project} does not build:\n{said}")
        if any(d.get("daemon") for d in defences):
            code, said = run("scripts/publish.sh", "insulad", str(self.root / "out"), "Release", cwd=self.root, QUICK="1")
            if code != 0:
                raise Broken(f"the daemon does not build:\n{said}")
        if any(d.get("dns") for d in defences):
            code, said = run("scripts/publish.sh", "insula-dns", str(self.root / "out"), "Release", cwd=self.root, QUICK="")
            if code != 0:
                raise Broken(f"the DNS server does not build:\n{said}")

    def test(self, defence: dict) -> tuple[int, int, str]:
        """How many cases of its test have passed and failed."""
        project, report = self.root / "tests" / defence["project"], self.root / "report.xml"
        report.unlink(missing_ok=True)
        name = next(project.glob("*.csproj")).stem
        _, said = run("dotnet", f"{project}/bin/Debug/net10.0/{name}.dll", "-noLogo", "-noColor", "-xml", str(report),
                      "-method", f"*.{defence['method']}", cwd=self.root)
        if not report.exists():
            raise Broken(f"{defence['test']} did not run:\n{said}")
        results = [t.get("result") for t in xml.parse(report).getroot().iter("test")]
        return results.count("Pass"), results.count("Fail"), said

    @contextlib.contextmanager
    def without(self, defence: dict):
        path = self.root / "src" / defence["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(defence["replace"]) != 1:
            raise Broken(f"src/{defence['file']} has {text.count(defence['replace'])} places with: {defence['replace']}")
        path.write_text(text.replace(defence["replace"], defence["by"]), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")


def main() -> int:
    defences = tomllib.loads((SOURCES / "tests/weak/defences.toml").read_text(encoding="utf-8"))["defence"]
    for defence in defences:
        defence["project"], defence["method"] = defence["test"].split(":")
    words = sys.argv[1:]
    defences = [d for d in defences if not words or any(w == str(d["class"]) or not w.isdigit() and w in d["test"] for w in words)]
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="insula-weak-", dir="/var/tmp") as directory:
        tree = Tree(Path(directory))
        copy(tree.root)
        tree.build(defences)
        strong = {name: tree.test(d) for name, d in {d["test"]: d for d in defences}.items()}
        for defence in defences:
            what = f"{defence['class']}: without '{defence['without']}'"
            try:
                passes, fails, said = strong[defence["test"]]
                if passes == 0 or fails != 0:
                    raise Broken(f"{defence['test']} fails with the defence, too:\n{said}")
                with tree.without(defence):
                    tree.build([defence])
                    _, fails, said = tree.test(defence)
                if fails == 0:
                    raise Broken(f"{defence['test']} does not fail:\n{said}")
                passed += 1
                print(f"ok: {what} {defence['test']} fails", flush=True)
            except (Broken, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f"FAILED: {what}: {e}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())

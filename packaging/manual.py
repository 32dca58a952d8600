"""usage: manual.py PROGRAM SECTION TITLE [SUBCOMMANDS] — writes a man page to standard output from what the program's --help says.

With the word SUBCOMMANDS, the help of each command that the program lists follows."""
import re
import subprocess
import sys


def help_of(*words: str) -> str:
    return subprocess.run([*words, "--help"], check=True, capture_output=True, text=True).stdout.strip("\n")


def verbatim(text: str) -> str:
    escaped = text.replace("\\", "\\e")
    return "\n".join([".nf", *(re.sub(r"^([.'])", r"\\&\1", line) for line in escaped.split("\n")), ".fi"])


program, section, title, *more = sys.argv[1:]
name = program.rsplit("/", 1)[-1]
text = help_of(program)
version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
print(f'.TH {name.upper()} {section} "" "Insula {version}"')
print(f".SH NAME\n{name} \\- {title}")
print(f".SH DESCRIPTION\n{verbatim(text)}")
if more:
    listed = text.split("\nCommands:\n", 1)[1]
    for command in re.findall(r"^  ([a-z-]+)", listed, flags=re.MULTILINE):
        print(f".SH \"{name} {command}\"\n{verbatim(help_of(program, command))}")
print(".SH SEE ALSO\n.BR insula (1),\n.BR insulad (8)")

#!/bin/bash
# usage: publish.sh PROJECT OUT CONFIGURATION [PROPERTY…] — leaves OUT/PROJECT, a self-contained program, and skips the work
# when no source is newer than it and it was built the same way. QUICK=1 in the environment leaves out compiling to native code: built in a quarter of the time,
# slower and larger, for the inner loop. A property is one of MSBuild's, as -p:NAME=VALUE.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$1 out=$2 configuration=$3
shift 3
program=$out/$project

# The DNS server needs little of the rest, and no new build when that changes.
sources=(src)
[ "$project" != insula-dns ] || sources=(src/insula-dns src/Insula.Dns src/Insula.Linux src/Directory.Build.props)

newer=$(find "${sources[@]}" Directory.Build.props Directory.Packages.props global.json -newer "$program" \
    \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' -o -name '*.txt' -o -name '*.yaml' -o -name '*.order' \) \
    -not -path '*/obj/*' -not -path '*/bin/*' -print -quit 2>/dev/null || echo none)
how="$configuration ${QUICK:+quick }$*"
[ -x "$program" ] && [ -z "$newer" ] && [ "$(cat "$out/.$project.how" 2>/dev/null)" = "$how" ] && exit 0

echo "building ${program#"$PWD/"}"
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
quick=()
[ -z "${QUICK:-}" ] || quick=(-p:PublishAot=false -p:SelfContained=true -p:PublishSingleFile=true)
dotnet publish "src/$project" -c "$configuration" -r linux-x64 --nologo -v quiet -o "$staging" "${quick[@]}" "$@"
mkdir -p "$out"
# Renamed into place: a running program keeps its file, and an interrupted build leaves the old one.
for file in "$staging"/*; do
    case $file in *.pdb | *.xml | *.dbg) continue ;; esac
    cp "$file" "$out/.$(basename "$file").new"
    mv -f "$out/.$(basename "$file").new" "$out/$(basename "$file")"
done
printf '%s\n' "$how" >"$out/.$project.how"

#!/bin/bash
# usage: apt-install.sh NAME PACKAGE… — installs those that are missing, by sudo where needed; NAME stands before what it says.
set -euo pipefail
name=$1
shift
missing=()
for package in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
byhand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
sudo=()
if [ "$(id -u)" != 0 ]; then
    # Not root, and no way to become it: say what root is to do, instead of failing in the middle.
    command -v sudo >/dev/null || { echo "$name: there is no sudo; run this as root, then \`make\` again: $byhand" >&2; exit 1; }
    sudo=(sudo)
fi
echo "$name: installing ${missing[*]}"
if ! "${sudo[@]}" apt-get update -qq \
    || ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    echo "$name: that did not work; run this as root, then \`make\` again: $byhand" >&2
    exit 1
fi

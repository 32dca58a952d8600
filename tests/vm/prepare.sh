#!/bin/bash
# usage: prepare.sh DIRECTORY — installs what building a guest needs, and leaves guest and QEMU in DIRECTORY.
set -euo pipefail
directory=$1
here=$(cd "$(dirname "$0")" && pwd)
missing=()
for package in mmdebstrap e2fsprogs debian-archive-keyring; do
    dpkg-query -W -f='${db:Status-Abbrev}' $package 2>/dev/null | grep -q '^ii' || missing+=($package)
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "vm: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

mkdir -p "$directory"
echo "vm: preparing the guest (once; the first time takes a minute or two)"
"$here/guest.sh" "$directory"
"$here/qemu.sh" "$directory" >/dev/null

#!/bin/bash
# usage: prepare.sh DIRECTORY [GUEST] — installs what building a guest needs, and leaves the guest (see guest.sh) and QEMU in
# DIRECTORY.
set -euo pipefail
directory=$1
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../scripts/apt-install.sh" vm mmdebstrap e2fsprogs debian-archive-keyring

mkdir -p "$directory"
echo "vm: preparing the guest (once; the first time takes a minute or two)"
"$here/guest.sh" "$directory" ${2:+"$2"}
"$here/qemu.sh" "$directory" >/dev/null

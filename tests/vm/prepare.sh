#!/bin/bash
# usage: prepare.sh DIRECTORY — installs what building a guest needs, and leaves guest and QEMU in DIRECTORY.
set -euo pipefail
directory=$1
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../scripts/apt-install.sh" vm mmdebstrap e2fsprogs debian-archive-keyring

mkdir -p "$directory"
echo "vm: preparing the guest (once; the first time takes a minute or two)"
"$here/guest.sh" "$directory"
"$here/qemu.sh" "$directory" >/dev/null

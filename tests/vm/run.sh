#!/bin/bash
# usage: run.sh NAME — runs NAME-guest.sh in a guest and ends as it does, with "N passed, N failed". Its first lines say what it
# needs: "# guest: NAME" one of guest.sh's other than debian13, "# kernel: WORDS" for the kernel's command line, and
# "# payload: package" the Debian package beside the programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1 script=tests/vm/$1-guest.sh directory=$PWD/out/vm
needs() { sed -n "1,/^[^#]/s/^# $1: //p" "$script"; }
guest=$(needs guest)
export GUEST=${guest:-debian13}
tests/vm/prepare.sh "$directory" "$GUEST"
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT
cp out/insulad out/insula out/insula-shim examples/hello.yaml tests/vm/guest-lib.sh "$payload"/
find out -maxdepth 1 -name '*.so*' -exec cp {} "$payload"/ \;
[ "$(needs payload)" != package ] || cp "$(packaging/build-deb.sh out)" "$payload/insula.deb"
mkdir "$payload/images"
cp -r out/images/busybox "$payload/images/"
cp "$script" "$payload/run.sh"
echo "vm-$name: booting"
# Under emulation on a busy machine everything takes its time; a guest that hangs is ended after this.
KERNEL_WORDS=$(needs kernel) VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

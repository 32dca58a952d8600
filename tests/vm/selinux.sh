#!/bin/bash
# SELinux contexts of containers, in a Debian 13 guest whose kernel is told to have SELinux on; its policy is permissive.
set -euo pipefail
cd "$(dirname "$0")/../.."
directory=$PWD/out/vm
tests/vm/prepare.sh "$directory"
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT
cp out/insulad out/insula out/insula-shim "$payload"/
find out -maxdepth 1 -name '*.so*' -exec cp {} "$payload"/ \;
mkdir "$payload/images"
cp -r out/images/busybox "$payload/images/"
cp tests/vm/guest-lib.sh "$payload"/
cp tests/vm/selinux-guest.sh "$payload/run.sh"
echo "vm-selinux: booting"
KERNEL_WORDS="security=selinux selinux=1" VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

#!/bin/bash
# Runs examples/hello.yaml in a Debian 13 guest with systemd and pure cgroup v2, and checks limits and clean-up there.
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
cp examples/hello.yaml "$payload"/
cp tests/vm/guest-lib.sh "$payload"/
cp tests/vm/smoke-guest.sh "$payload/run.sh"
echo "vm-smoke: booting"
# Under emulation on a busy machine everything takes its time; a guest that hangs is ended after this.
VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

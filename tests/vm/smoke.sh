#!/bin/bash
# Runs examples/hello.yaml in a Debian 13 guest with systemd and pure cgroup v2, and checks limits and clean-up there.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
for package in mmdebstrap e2fsprogs debian-archive-keyring; do
    dpkg-query -W -f='${db:Status-Abbrev}' $package 2>/dev/null | grep -q '^ii' || missing+=($package)
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "vm-smoke: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

directory=$PWD/out/vm
mkdir -p "$directory"
echo "vm-smoke: preparing the guest (once; the first time takes a minute or two)"
tests/vm/guest.sh "$directory"
tests/vm/qemu.sh "$directory" >/dev/null
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT
cp out/insulad out/insula out/insula-shim "$payload"/
find out -maxdepth 1 -name '*.so*' -exec cp {} "$payload"/ \;
mkdir "$payload/images"
cp -r out/images/busybox "$payload/images/"
cp examples/hello.yaml "$payload"/
cp tests/vm/smoke-guest.sh "$payload/run.sh"
echo "vm-smoke: booting"
# Under emulation on a busy machine everything takes its time; a guest that hangs is ended after this.
VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

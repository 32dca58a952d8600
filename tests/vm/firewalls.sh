#!/bin/bash
# The Debian package beside ufw and Docker, on a Debian 13 machine of its own. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
directory=$PWD/out/vm
tests/vm/prepare.sh "$directory" firewalls
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT
cp "$(packaging/build-deb.sh out)" "$payload/insula.deb"
cp -r out/images/busybox "$payload/"
cp tests/vm/guest-lib.sh "$payload/"
cp tests/vm/firewalls-guest.sh "$payload/run.sh"
echo "vm-firewalls: booting"
GUEST=firewalls VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

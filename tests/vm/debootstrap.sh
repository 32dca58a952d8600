#!/bin/bash
# usage: debootstrap.sh VARIANT DIRECTORY PACKAGES [SUITE] — packages of Debian 13, or of SUITE, in a directory, from the
# mirror this host uses.
set -euo pipefail
variant=$1 directory=$2 packages=$3 suite=${4:-trixie}
mirror=$(awk '/^URIs:/ && /debian\/?$/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
[ -n "$mirror" ] || mirror=$(awk '$1 == "deb" && $2 ~ /debian\/?$/ { print $2; exit }' /etc/apt/sources.list 2>/dev/null || true)
[ -n "$mirror" ] || { echo "debootstrap.sh: no Debian mirror among the apt sources of this host" >&2; exit 1; }
rm -rf --one-file-system "$directory"
mmdebstrap --quiet --mode=root --variant="$variant" --format=directory \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$packages" "$suite" "$directory" "deb $mirror $suite main"

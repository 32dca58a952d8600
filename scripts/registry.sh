#!/bin/bash
# usage: registry.sh DIRECTORY — puts Debian's docker-registry into DIRECTORY, for the tests that pull from one. Not installed: its package would start a service.
set -euo pipefail
target=$1/docker-registry
[ ! -x "$target" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "registry: fetching docker-registry"
chmod 755 "$work" # apt downloads as its own user
cd "$work"
apt-get download -qq docker-registry >/dev/null 2>"$work/errors" || { # no lists of packages yet, or old ones
    sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" apt-get update -qq
    apt-get download -qq docker-registry >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
}
dpkg -x docker-registry_*.deb "$work"
mkdir -p "$(dirname "$target")"
mv "$work/usr/bin/docker-registry" "$target"

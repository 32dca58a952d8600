#!/bin/bash
# usage: build-deb.sh OUT — makes OUT/insula_VERSION_ARCHITECTURE.deb of the programs in OUT, and prints its path.
# DEB_VERSION in the environment stands for the programs' own version.
set -euo pipefail
out=$(realpath "$1")
cd "$(dirname "$0")"
architecture=$(dpkg --print-architecture)
version=${DEB_VERSION:-$("$out/insulad" --version | cut -d' ' -f2)}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"

# Together, since the programs look for their native libraries, the shim, the copier and the DNS server beside themselves.
install -D -m 755 -t "$tree/usr/lib/insula" "$out/insulad" "$out/insula" "$out/insula-dns" "$out/insula-shim" "$out/insula-copy"
install -m 644 -t "$tree/usr/lib/insula" "$out"/*.so
mkdir -p "$tree/usr/bin" "$tree/usr/sbin"
ln -s ../lib/insula/insula "$tree/usr/bin/insula"
ln -s ../lib/insula/insulad "$tree/usr/sbin/insulad"
install -D -m 644 -t "$tree/usr/lib/systemd/system" insulad.service insula-pods.service
install -D -m 644 config.yaml "$tree/etc/insula/config.yaml"
install -D -m 644 -t "$tree/usr/share/insula/examples" ../examples/*.yaml
install -D -m 644 -t "$tree/usr/share/insula/examples/load-balancer" ../examples/load-balancer/service.yaml
install -D -m 755 -t "$tree/usr/share/insula/examples/load-balancer" ../examples/load-balancer/balancer.py
install -D -m 644 -t "$tree/usr/share/doc/insula" ../README.md ../SECURITY.md ../CHANGELOG.md

completion() { "$out/insula" completion "$1" | install -D -m 644 /dev/stdin "$tree/$2"; }
completion bash usr/share/bash-completion/completions/insula
completion zsh usr/share/zsh/vendor-completions/_insula
completion fish usr/share/fish/vendor_completions.d/insula.fish
page() { # PROGRAM SECTION TITLE [SUBCOMMANDS]
    python3 manual.py "$out/$1" "$2" "$3" ${4:+"$4"} | gzip -9n |
        install -D -m 644 /dev/stdin "$tree/usr/share/man/man$2/$1.$2.gz"
}
page insula 1 "runs Kubernetes pods on this machine" subcommands
page insulad 8 "the daemon that runs pods"

mkdir "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$(du -sk "$tree" | cut -f1)/" \
    debian/control.in >"$tree/DEBIAN/control"
install -m 644 debian/conffiles "$tree/DEBIAN/conffiles"
install -m 755 debian/postinst debian/prerm debian/postrm "$tree/DEBIAN/"
# xz would take most of a minute of the build for a few percent.
dpkg-deb --root-owner-group -Zgzip -z6 --build "$tree" "$out/insula_${version}_$architecture.deb" >/dev/null
echo "$out/insula_${version}_$architecture.deb"

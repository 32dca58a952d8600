#!/bin/bash
# What `make setup` does on a machine that has nothing but Debian 13's least, sudo and make: as an ordinary user, in a directory of its
# own, with the committed state of this checkout. Packages come from this host's mirror, the SDK is lent from this host, read-only.
# Needs root and mmdebstrap. Ends with "N passed, N failed".
# shellcheck disable=SC2016
set -euo pipefail
cd "$(dirname "$0")/../.."
passed=0 failed=0
work=$(mktemp -d /var/tmp/insula-fresh-XXXXXX)
root=$work/root log=$work/log
trap 'rm -rf --one-file-system "$work"' EXIT

scripts/apt-install.sh setup-test mmdebstrap
sdk=$(scripts/find-sdk.sh)
[ -n "$sdk" ] || { echo "fresh-machine: there is no SDK on this host to lend" >&2; exit 1; }
[ -z "$(git -c safe.directory="$PWD" status --porcelain)" ] || echo "fresh-machine: what is not committed is not tested"

echo "== a fresh Debian 13"
tests/vm/debootstrap.sh minbase "$root" sudo,make
cp /etc/resolv.conf /etc/hosts "$root/etc/"
# What leads this host to its mirror leads the fresh machine there too.
apt-config dump | grep -E '^Acquire::((https?|ftp)(::[^ ]*)?::(Proxy|CAInfo)|Check-(Valid-Until|Date)) ' >"$root/etc/apt/apt.conf.d/99host" || true
cp -r /etc/apt/auth.conf* "$root/etc/apt/" 2>/dev/null || true
mkdir -p "$root/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} + 2>/dev/null || true
chroot "$root" useradd --create-home --shell /bin/bash builder
echo 'builder ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/builder"
mkdir "$root/home/builder/insula"
git -c safe.directory="$PWD" archive HEAD | tar -x -C "$root/home/builder/insula"
chroot "$root" chown -R builder: /home/builder

# as_user DIRECTORY|- COMMAND — runs it as the user in the checkout, in mount and process namespaces that end with it; the host's SDK is
# in DIRECTORY. Leaves what was said in $log, and returns its code.
as_user() {
    unshare --mount --pid --fork --kill-child --propagation private bash -ec '
        root=$1 sdk=$2 place=$3 command=$4
        mount -t proc proc "$root/proc"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        if [ "$place" != - ]; then
            mkdir -p "$root$place"
            mount --bind "$sdk" "$root$place"
            mount -o remount,bind,ro "$root$place"
        fi
        exec chroot "$root" env -i HOME=/home/builder USER=builder LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
            ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} ${no_proxy:+no_proxy=$no_proxy} \
            ${NUGET_CERT_REVOCATION_MODE:+NUGET_CERT_REVOCATION_MODE=$NUGET_CERT_REVOCATION_MODE} \
            setpriv --reuid builder --regid builder --init-groups bash -c "cd ~/insula && $command"
    ' bash "$root" "$sdk" "$@" >"$log" 2>&1
}

check() { # WHAT COMMAND…
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "   $what"
    else
        failed=$((failed + 1))
        echo "   FAILED: $what; it was:"
        sed 's/^/      /' "$log"
    fi
}

fails() { ! "$@"; }
says() { grep -qF -- "$1" "$log"; }
silent() { [ ! -s "$log" ]; }
missing() {
    grep -v '^#' scripts/apt-packages.txt | while read -r package; do
        chroot "$root" dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
    done
}
some_missing() { [ -n "$(missing)" ]; }
none_missing() { [ -z "$(missing)" ]; }

echo "== without sudo"
check "packages are missing" some_missing
mv "$root/usr/bin/sudo" "$root/usr/bin/sudo.away"
check "set-up fails" fails as_user - 'make setup'
check "it says what root is to run" says 'setup: there is no sudo; run this as root, then `make` again: apt-get update && apt-get install --no-install-recommends busybox-static'
mv "$root/usr/bin/sudo.away" "$root/usr/bin/sudo"
mv "$root/etc/sudoers.d/builder" "$root/etc/sudoers.away"
check "set-up fails where sudo refuses, too" fails as_user - 'make setup'
check "it says what root is to run" says 'setup: that did not work; run this as root, then `make` again: apt-get update && apt-get install --no-install-recommends busybox-static'
check "nothing was installed" some_missing
mv "$root/etc/sudoers.away" "$root/etc/sudoers.d/builder"

echo "== with sudo, and no way to an SDK"
# A proxy where nobody listens: the download fails here as it does on a machine without a way out. apt, under sudo, does not see it.
check "set-up fails" fails as_user - 'https_proxy=http://127.0.0.1:9 make setup'
check "it has installed every package" none_missing
check "it says that there is no SDK" says 'setup: there is no .NET 10 SDK on this machine, apt has no package dotnet-sdk-10.0, and none could be downloaded.'
check "it says what to do" says 'setup: Get one from https://dot.net on a machine that can, unpack it to /usr/share/dotnet or ~/.dotnet here, and run `make` again.'

echo "== with an SDK that is not in PATH"
# As a home directory would have it: the mount point belongs to the user.
for place in /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet /home/builder/.dotnet; do
    check "it is found in $place" as_user $place 'make setup'
    check "and nothing is installed or asked for" silent
    rmdir "$root$place"
done
check "it is found where DOTNET_ROOT says" as_user /opt/net 'DOTNET_ROOT=/opt/net make setup'
check "behind one that is too old" as_user /usr/share/dotnet \
    'mkdir -p ~/old && printf "#!/bin/sh\necho \"8.0.100 [/old]\"\n" > ~/old/dotnet && chmod +x ~/old/dotnet && PATH=~/old:$PATH make setup'
rmdir "$root/usr/share/dotnet"

echo "== with an SDK that the distribution has"
# A package as distributions make it, but that its files are the ones this host lends.
mkdir -p "$work/deb/DEBIAN" "$work/deb/usr/bin" "$root/srv/packages"
printf 'Package: dotnet-sdk-10.0\nVersion: 10.0.100\nArchitecture: all\nMaintainer: nobody\nDescription: SDK\n' >"$work/deb/DEBIAN/control"
ln -s /opt/net/dotnet "$work/deb/usr/bin/dotnet"
dpkg-deb --root-owner-group --build "$work/deb" "$root/srv/packages/sdk.deb" >/dev/null
{
    cat "$work/deb/DEBIAN/control"
    printf 'Filename: ./sdk.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s "$root/srv/packages/sdk.deb")" "$(sha256sum <"$root/srv/packages/sdk.deb" | cut -d' ' -f1)"
} >"$root/srv/packages/Packages"
echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list.d/sdk.list"
check "set-up installs it" as_user /opt/net 'make setup'
check "and says so" says 'setup: installing the .NET 10 SDK'

echo "== the build"
check "make build succeeds" as_user /opt/net 'make build'
for program in insulad insula insula-dns insula-shim insula-copy; do
    check "out/$program is the user's" [ "$(stat -c %u "$root/home/builder/insula/out/$program" 2>/dev/null)" = "$(stat -c %u "$root/home/builder")" ]
done
check "insulad runs" as_user - 'out/insulad --version'
check "insula runs" as_user - 'out/insula --version'
check "insula-shim runs" as_user - 'out/insula-shim version'

echo "$passed passed, $failed failed"
[ $failed = 0 ]

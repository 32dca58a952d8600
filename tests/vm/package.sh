#!/bin/bash
# usage: package.sh [GUEST [PHASE…]] — the Debian package on a machine of its own, as its user meets it: installed, upgraded
# under running pods, shut down, booted, its power cut under load, removed, purged. GUEST is one of guest.sh's, debian13 unless
# given; a PHASE is install, write or after-cut. Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
directory=$PWD/out/vm
export GUEST=${1:-debian13}
[ $# -gt 1 ] || set -- "$GUEST" install write after-cut
tests/vm/prepare.sh "$directory" "$GUEST"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A disk of its own that outlives a boot, with the journal that a machine's disk has.
cp --sparse=always "$directory/$GUEST.img" "$work/disk.img"
tune2fs -O has_journal "$work/disk.img" >/dev/null
mkdir "$work/packages" "$work/payload"
cp "$(packaging/build-deb.sh out)" "$work/packages/old.deb"
cp "$(DEB_VERSION=0.1.1~test packaging/build-deb.sh out)" "$work/packages/new.deb"
rm out/insula_0.1.1~test_*.deb

passed=0 failed=0
phase() { # NAME [VARIABLE=VALUE…] — boots the machine for one phase and counts what it found
    echo "== $1"
    rm -rf "$work/payload"
    mkdir "$work/payload"
    cp tests/vm/guest-lib.sh "$work/payload/"
    cp tests/vm/package-guest.sh "$work/payload/run.sh"
    echo "$1" >"$work/payload/phase"
    case $1 in
    install) cp "$work"/packages/*.deb "$work/payload/" && cp -r out/images/busybox "$work/payload/" && touch "$work/payload/shutdown" ;;
    after-cut) grep '^ack ' "$work/write.log" | cut -d' ' -f2 >"$work/payload/acknowledged" ;;
    esac
    local code=0
    { env DISK="$work/disk.img" VM_TIMEOUT="${VM_TIMEOUT:-1800}" "${@:2}" tests/vm/boot.sh "$directory" "$work/payload" || echo $? >"$work/code"; } |
        tee "$work/$1.log" | { grep --line-buffered -v '^ack ' || true; }
    [ ! -e "$work/code" ] || { code=$(cat "$work/code") && rm "$work/code"; }
    local counts
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/$1.log" | tail -n 1)
    if [ -n "$counts" ]; then
        passed=$((passed + ${counts%% *})) failed=$((failed + $(cut -d' ' -f3 <<<"$counts")))
    elif [ "$code" != 0 ]; then
        failed=$((failed + 1))
    fi
}

for name in "${@:2}"; do
    case $name in
    write) phase write CUT_AFTER=60 ;;
    *) phase "$name" ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

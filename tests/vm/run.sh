#!/bin/bash
# usage: run.sh NAME [short] — runs NAME-guest.sh in a guest, with the file "short" beside it where that is wanted, and ends as it
# does, with "N passed, N failed". Its first lines say what it needs: "# guest: NAME" one of guest.sh's other than debian13,
# "# kernel: WORDS" for the kernel's command line, "# payload: package" the Debian package beside the programs, or
# "# payload: tests" the system tests with all they look at, and "# memory: N" how many MiB.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1 script=tests/vm/$1-guest.sh directory=$PWD/out/vm
needs() { sed -n "1,/^[^#]/s/^# $1: //p" "$script"; }
guest=$(needs guest)
export GUEST=${guest:-debian13}
tests/vm/prepare.sh "$directory" "$GUEST"
payload=$(mktemp -d)
trap 'rm -rf "$payload"' EXIT
cp out/insulad out/insula out/insula-dns out/insula-shim out/insula-copy examples/hello.yaml tests/vm/guest-lib.sh "$payload"/
find out -maxdepth 1 -name '*.so*' -exec cp {} "$payload"/ \;
case $(needs payload) in
package) cp "$(packaging/build-deb.sh out)" "$payload/insula.deb" ;;
tests)
    # Precompiled with what they need of .NET: under emulation compiling takes longer than testing.
    dotnet publish tests/system -c Debug -r linux-x64 --self-contained -p:PublishReadyToRun=true --nologo -v quiet -o "$payload/checkout/tests/system/bin"
    cp -r --parents Runtime.sln src/*/ native/src examples scripts/{run,stop}.sh tests/system/{Cni/recorder.sh,Faults/settable-clock.c,Security/attempts.golden,Upgrade/shims} \
        out/{insulad,insula,insula-dns,insula-shim,insula-copy,*.so,images,failpoints,registry} "$payload/checkout"
    rm -rf "$payload"/checkout/src/*/{bin,obj}
    printf '%s\n' "${FILTER:-}" >"$payload/filter"
    cp scripts/count-tests.py tests/vm/not-inside.txt "$payload"
    ;;
esac
mkdir "$payload/images"
cp -r out/images/busybox "$payload/images/"
cp "$script" "$payload/run.sh"
[ "${2:-}" != short ] || touch "$payload/short"
echo "vm-$name: booting"
# Under emulation on a busy machine everything takes its time; a guest that hangs is ended after this.
KERNEL_WORDS=$(needs kernel) VM_MEMORY=$(needs memory) VM_TIMEOUT=${VM_TIMEOUT:-1800} tests/vm/boot.sh "$directory" "$payload"

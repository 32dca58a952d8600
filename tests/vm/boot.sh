#!/bin/bash
# usage: boot.sh DIRECTORY PAYLOAD — boots the GUEST of guest.sh, debian13 unless set, with the directory PAYLOAD (which
# holds run.sh) as a disk, prints what run.sh says, and ends with its exit code; 125 when the guest gave none.
# KERNEL_WORDS are added to the kernel's command line; VM_MEMORY is in MiB, 2048 unless set. DISK=FILE boots from that image instead and keeps what is written
# to it. CUT_AFTER=N cuts the power once run.sh has printed N lines that begin with "ack ", and ends with 0.
set -euo pipefail
directory=$1 payload=$2 guest=${GUEST:-debian13}
here=$(cd "$(dirname "$0")" && pwd)
qemu=$("$here/qemu.sh" "$directory")
work=$(mktemp -d) vm=
trap 'rm -rf "$work"; [ -z "$vm" ] || kill $vm 2>/dev/null || true' EXIT

truncate -s $(($(du -sm "$payload" | cut -f1) * 5 / 4 + 96))M "$work/payload.img"
mkfs.ext4 -q -F -O ^has_journal,^metadata_csum -m 0 -E nodiscard,lazy_itable_init=1 -d "$payload" "$work/payload.img"
: >"$work/output"
# What the guest has not flushed is lost with its power; what QEMU has taken is in the host's page cache and is not.
disk=${DISK:+$DISK,format=raw,cache=writeback}
disk=${disk:-$directory/$guest.img,format=raw,snapshot=on,cache=unsafe}
accelerator=(-accel tcg,thread=multi,tb-size=512 -cpu Haswell-noTSX,tsc-deadline=off,invpcid=off,pcid=off)
timeout "${VM_TIMEOUT:-600}" "$qemu" -machine q35 "${accelerator[@]}" -smp 2 -m "${VM_MEMORY:-2048}" \
    -nodefaults -no-user-config -display none -no-reboot -monitor none \
    -kernel "$directory/$guest.vmlinuz" -append "root=/dev/nvme0n1 rw rootfstype=ext4 console=ttyS0 quiet panic=-1 mitigations=off ${KERNEL_WORDS:-}" \
    -drive if=none,id=root,file="$disk" -device nvme,drive=root,serial=root \
    -drive if=none,id=payload,file="$work/payload.img",format=raw,cache=unsafe -device virtio-blk-pci,drive=payload,serial=payload \
    -device virtio-serial-pci -chardev file,id=output,path="$work/output" -device virtserialport,chardev=output,name=insula.output \
    -chardev file,id=code,path="$work/code" -device virtserialport,chardev=code,name=insula.code \
    -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net,romfile= \
    -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng -serial file:"$work/console" &
vm=$!
tail -n +1 -f --pid=$vm -s 0.1 "$work/output" &
printer=$!
if [ -n "${CUT_AFTER:-}" ]; then
    until [ "$(grep -c '^ack ' "$work/output")" -ge "$CUT_AFTER" ] || ! kill -0 $vm 2>/dev/null; do sleep 0.2; done
    pkill -KILL -P $vm 2>/dev/null || kill -KILL $vm
    { wait $vm; } 2>/dev/null || true
    vm=
    wait $printer 2>/dev/null || true
    [ "$(grep -c '^ack ' "$work/output")" -ge "$CUT_AFTER" ]
    exit
fi
wait $vm || echo "boot.sh: QEMU ended with $?" >&2
vm=
wait $printer 2>/dev/null || true
code=$({ cat "$work/code" 2>/dev/null || true; } | tr -d "\r\n")
if [ -z "$code" ]; then
    echo "boot.sh: no exit code from the guest (hang, panic or time-out); the end of its console:" >&2
    tail -n 25 "$work/console" >&2
    exit 125
fi
exit "$code"

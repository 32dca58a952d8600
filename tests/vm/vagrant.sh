#!/bin/bash
# `vagrant up` from the Vagrantfile, end to end: box, machine, installed daemon, hello.yaml inside, destroyed again.
# Without systemd or KVM on this host libvirt is started by hand in a network namespace of its own, and emulates.
# Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/apt-install.sh vagrant vagrant vagrant-libvirt libvirt-daemon-system libvirt-clients qemu-utils extlinux cpio fdisk xz-utils dnsmasq-base
directory=$PWD/out/vm
tests/vm/prepare.sh "$directory"
tests/vm/box.sh "$directory"
packaging/build-deb.sh out >/dev/null

passed=0 failed=0
check() { # NAME COMMAND…
    local name=$1
    shift
    if "$@" >"$work/check.out" 2>&1; then
        passed=$((passed + 1)) && echo "ok: $name (at $SECONDS s)"
    else
        failed=$((failed + 1)) && echo "FAILED: $name (at $SECONDS s): $*" && tail -n 30 "$work/check.out"
    fi
}
work=$(mktemp -d)
namespace=insula-vagrant daemons=()
export VAGRANT_HOME=$work/home VAGRANT_DOTFILE_PATH=$work/machine VAGRANT_DEFAULT_PROVIDER=libvirt
export INSULA_VM_EMULATOR INSULA_VM_POOL=$work/pool
INSULA_VM_EMULATOR=$(tests/vm/qemu.sh "$directory")
names() { inside virsh -c qemu:///system "$1-list" --all --name | grep . | sort; } # net or pool
inside() { ip netns exec $namespace "$@"; }
cleanup() {
    inside vagrant destroy -f >/dev/null 2>&1 || true
    # What vagrant defined for its machine stays defined otherwise, and is in the way of the next one.
    local kind name
    for kind in net pool; do
        for name in $(comm -13 "$work/$kind-before" <(names $kind)); do
            inside virsh -c qemu:///system $kind-destroy "$name" >/dev/null 2>&1 || true
            inside virsh -c qemu:///system $kind-undefine "$name" >/dev/null 2>&1 || true
        done
    done
    for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${daemons[@]}"; do tail --pid="$pid" -f /dev/null; done
    ip netns del $namespace
    [ ! -e "$work/qemu.conf" ] || cp "$work/qemu.conf" /etc/libvirt/qemu.conf
    rm -rf "$work"
}
trap cleanup EXIT
mkdir -p "$work/pool"
chmod 755 "$work" "$work/pool"
ip netns add $namespace
ip -n $namespace link set lo up
cp /etc/libvirt/qemu.conf "$work/qemu.conf"
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
CONF
mkdir -p /run/libvirt
for daemon in "virtlogd" "libvirtd -t 0"; do
    # shellcheck disable=SC2086 # the daemon's arguments are words
    setsid ip netns exec $namespace /usr/sbin/$daemon >"$work/${daemon%% *}.log" 2>&1 </dev/null &
    daemons+=($!)
    sleep 0.5
done
deadline=$((SECONDS + 120))
until inside virsh -c qemu:///system uri >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { echo "libvirtd does not answer" >&2; exit 1; }
    sleep 0.2
done

for kind in net pool; do names $kind >"$work/$kind-before" || true; done

check "the Vagrantfile is valid" vagrant validate
check "it is valid for VirtualBox too" env VAGRANT_DEFAULT_PROVIDER=virtualbox vagrant validate --ignore-provider
check "vagrant up" inside vagrant up
ssh() { inside vagrant ssh -c "$1"; }
[ $failed = 0 ] || inside vagrant ssh -c "sudo journalctl --no-pager -n 80 -u insulad" || true
check "the daemon runs" ssh "systemctl is-active insulad insula-pods"
check "the vagrant user is served" ssh "insula get pods"
check "apply the example" ssh "sed 's/^\( *\)periodSeconds: .*/&\n\1timeoutSeconds: 60/' /usr/share/insula/examples/hello.yaml | insula apply -f -"
check "it becomes Ready" ssh "insula wait pod/hello --for=condition=Ready --timeout=600s"
check "its page answers" ssh 'curl -fsS --max-time 60 "http://$(insula get pod hello -o jsonpath={.status.podIP}):8080/"'
check "exec" ssh "insula exec hello -c web -- hostname"
check "it is deleted" ssh "insula delete pod hello --timeout=300s"
check "vagrant destroy" inside vagrant destroy -f
echo "$passed passed, $failed failed"
[ $failed = 0 ]

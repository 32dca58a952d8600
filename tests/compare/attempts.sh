#!/bin/bash
# What rootfs/intruder comes by in Insula's default container, in podman's and in containerd's: one after the other on this
# kernel, side by side in docs/security.md. Fails when a line that differs has no reason in reasons.tsv.
# Podman and containerd keep to directories of the script's own and to namespaces that end with it; the packages stay installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/apt-install.sh compare podman crun containerd runc

work=$(mktemp -d /tmp/insula-compare.XXXXXX)
group=insula-compare-$$ daemon=
export work group TMPDIR=$work INSULA_SOCKET=$work/run/insula.sock
cleanup() {
    if [ -n "$daemon" ]; then
        out/insula delete pods --all --all-namespaces >/dev/null || true
        kill -TERM "$daemon" && wait "$daemon" || echo "compare: insulad ended badly, see $work" >&2
    fi
    [ ! -e "/run/netns/$group" ] || ip netns del "$group"
    find /sys/fs/cgroup -depth -type d \( -path "*/$group" -o -path "*/$group/*" \) -exec rmdir {} +
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

# With places of its own where engines keep things whatever they are told; its PID namespace ends what it starts (shims, conmon).
alone() {
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net bash -euo pipefail -c \
        "for place in /run /var/lib/containers; do [ ! -d \$place ] || mount -t tmpfs tmpfs \$place; done; $1"
}

# crun refuses hosts that have cgroup2 beside v1: on those it is not shown cgroup2. The limits podman would raise are the host's.
# shellcheck disable=SC2016 # expanded inside
alone '
    [ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified
    limit() { local l; l=$(ulimit -H "$1"); [ "$l" != unlimited ] || l=-1; echo "$l:$l"; }
    peer=(podman --root "$work/podman" --runroot "$work/podman-run" --tmpdir "$work/podman-tmp" --cgroup-manager cgroupfs
        --runtime crun --events-backend none)
    image=$("${peer[@]}" pull -q oci:out/images/intruder:latest)
    "${peer[@]}" run --rm --network none --ulimit "nofile=$(limit -n)" --ulimit "nproc=$(limit -u)" --cgroup-parent "/$group" \
        "$image" >"$work/podman.tsv"
'

cat >"$work/containerd.toml" <<CONF
version = 2
root = "$work/containerd"
state = "$work/containerd-run"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/containerd-opt"
CONF
# ctr alone sets no seccomp filter: --seccomp is containerd's own profile, the one that RuntimeDefault means in Kubernetes.
# shellcheck disable=SC2016 # expanded inside
alone '
    containerd --config "$work/containerd.toml" >"$work/containerd.log" 2>&1 &
    peer=(ctr --address "$work/containerd.sock" --namespace "$group")
    until "${peer[@]}" version >/dev/null 2>&1; do
        [ $SECONDS -lt 60 ] || { tail "$work/containerd.log" >&2; exit 1; }
        sleep 0.1
    done
    tar -C out/images/intruder -cf "$work/intruder.tar" .
    "${peer[@]}" image import "$work/intruder.tar" >/dev/null
    "${peer[@]}" run --rm --seccomp docker.io/library/intruder:latest intruder >"$work/containerd.tsv"
'

# Last: the groups of the others are still there to be seen, which they must not be.
ip netns add "$group"
ip -n "$group" link set lo up
nsenter --net="/run/netns/$group" out/insulad --root "$work/root" --run "$work/run" --socket "$INSULA_SOCKET" \
    >"$work/insulad.log" 2>&1 </dev/null &
daemon=$!
deadline=$((SECONDS + 60))
until out/insula system info >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ] || ! kill -0 "$daemon"; then
        tail "$work/insulad.log" >&2
        exit 1
    fi
    sleep 0.1
done
out/insula load out/images/intruder >/dev/null
out/insula apply -f - >/dev/null <<'POD'
apiVersion: v1
kind: Pod
metadata: {name: intruder}
spec:
  restartPolicy: Never
  containers: [{name: intruder, image: intruder}]
POD
out/insula wait pod/intruder --for=jsonpath='{.status.phase}'=Succeeded --timeout=120s >/dev/null
out/insula logs intruder >"$work/insula.tsv"

version() { dpkg-query -W -f='${Version}' "$1" | grep -oE '^[0-9.]+[0-9]'; }
python3 tests/compare/table.py tests/compare/reasons.tsv docs/security.md \
    "Insula" "$work/insula.tsv" \
    "podman $(version podman), crun $(version crun)" "$work/podman.tsv" \
    "containerd $(version containerd), runc $(version runc)" "$work/containerd.tsv"

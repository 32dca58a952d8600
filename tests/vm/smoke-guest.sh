#!/bin/bash
# Runs inside the guest: the daemon as a service, hello.yaml, pods that go over their limits, a killed daemon, and what
# the kernel says of them. Ends with "N passed, N failed". In the short form there is no user namespace, and the daemon that
# systemd started is killed by nobody.
export PATH=$PWD:$PATH
log=/var/log/insulad.log service=/sys/fs/cgroup/system.slice/insulad-smoke.service unit=insulad-smoke
. ./guest-lib.sh
make_unit --pod-pids-limit 64

check "the host has pure cgroup v2" equal "$(stat -fc %T /sys/fs/cgroup)" cgroup2fs
options=$(findmnt -no OPTIONS /sys/fs/cgroup)
check "the host's cgroups have nsdelegate" has "$options" nsdelegate
check "insulad starts as a service and says when it is ready" systemctl start insulad-smoke
[ $failed = 0 ] || finish
check "the daemon is in a leaf of its service" holds "/proc/$(systemctl show -P MainPID insulad-smoke)/cgroup" 0::/system.slice/insulad-smoke.service/daemon
check "the service hands on controllers" equal "$(tr ' ' '\n' <$service/cgroup.subtree_control | grep -cxE 'cpu|memory|pids')" 3
check "load busybox" insula load images/busybox
# Emulation is slow, and a probe that times out would restart what is compared below.
sed -i 's/^\( *\)periodSeconds: .*/&\n\1timeoutSeconds: 60/' hello.yaml
check "apply hello.yaml" insula apply -f hello.yaml
check "hello becomes Ready" insula wait pod/hello --for=condition=Ready --timeout=300s
insula get pods -o wide

web=$(group hello web)
check "the container has a cgroup in the service" has "$web" "$service/insula/pods/burstable/"
check "memory.max is the limit" holds "$web/memory.max" 33554432
check "no swap beyond it" within 1 sh -c "[ ! -e $web/memory.swap.max ] || [ \$(cat $web/memory.swap.max) = 0 ]"
check "cpu.max is the limit" holds "$web/cpu.max" "50000 100000"
check "an out-of-memory kill takes the whole container" holds "$web/memory.oom.group" 1
check "pids.max is the pod's" holds "$(dirname "$web")/pids.max" 64
check "the page, by the pod's address" curl -fsS --max-time 60 "http://$(field hello .status.podIP):8080/"
check "logs of the peer" has "$(insula logs hello -c peer --tail 3)" Hello
check "exec" equal "$(insula exec hello -c web -- hostname)" hello
inside=$(insula exec hello -c web -- sh -c 'cat /proc/self/cgroup /proc/1/cgroup; grep " /sys/fs/cgroup " /proc/mounts; cat /sys/fs/cgroup/memory.max
    echo 1 >/sys/fs/cgroup/pids.max && echo written; head -c 1 /dev/zero | wc -c; exit 0' 2>&1)
check "a command's cgroup is below the container's, in its cgroup namespace" has "$inside" "0::/exec-"
check "the container's own cgroup is the root of its namespace" has "$(echo "$inside" | sed -n 2p)/" "0::/"
check "the container sees its own limits" has "$inside" 33554432
check "and cannot change them" no has "$inside" written
check "listed devices can be read" has "$(echo "$inside" | grep -x 1)" 1
pod maker 'mknod /tmp/null c 1 3 && echo >/tmp/null && echo null written; mknod /tmp/kmsg c 1 11 && echo made; head -c 1 /tmp/kmsg >/dev/null && echo read' "" MKNOD >maker.yaml
check "apply a pod that makes devices" insula apply -f maker.yaml
check "it ends" within 180 reads maker .status.phase Failed
made=$(insula logs maker)
check "it made those of others, too" has "$made" made
check "listed ones can be opened" has "$made" "null written"
check "others cannot" no has "$made" read
check "no exec leaves a cgroup" within 20 sh -c "[ -z \"\$(find $web -mindepth 1 -type d)\" ]"
check "the host's cgroup options are what they were" equal "$(findmnt -no OPTIONS /sys/fs/cgroup)" "$options"

kill -KILL "$(first hello web)"
check "web comes back after SIGKILL" within 60 reads hello "$(container web restartCount)" 1
check "hello becomes Ready again" ready hello 120
kill -KILL "$(first hello web)"
check "web comes back after a second SIGKILL" within 120 reads hello "$(container web restartCount)" 2
check "hello becomes Ready once more" ready hello 120

pod hungry 'sh -c "x=a; while true; do x=\$x\$x; done"; echo survived; sleep 3600' 'memory: 16Mi' >hungry.yaml
check "apply a pod that takes more memory than it may" insula apply -f hungry.yaml
check "it fails" within 180 reads hungry .status.phase Failed
check "its container is OOMKilled" reads hungry "$(container main state.terminated.reason)" OOMKilled
check "with exit code 137" reads hungry "$(container main state.terminated.exitCode)" 137
check "and nothing of it has survived" no has "$(insula logs hungry)" survived

pod bomb 'while true; do (while true; do sleep 3600; done) & done 2>/dev/null' 'cpu: 200m' >bomb.yaml
check "apply a fork bomb" insula apply -f bomb.yaml
check "the bomb runs" within 120 reads bomb .status.phase Running
bomb=$(group bomb main)
check "it meets pids.max" within 120 counts "$(dirname "$bomb")/pids.events" max
check "and stays below it" test "$(cat "$(dirname "$bomb")/pids.current")" -le 64
check "it is throttled" within 60 counts "$bomb/cpu.stat" nr_throttled
check "a neighbour still forks" insula exec hello -c web -- sh -c 'true; true'
top=$(insula top pods hello --containers -o wide)
check "insula top shows the limits" has "$top" 500m
check "of both" has "$top" 32Mi
check "they are deleted" insula delete pod hungry bomb maker --timeout=120s

longer() {
    pod inside 'id -u; grep -c . /proc/self/cgroup; ls /sys/fs/cgroup | grep -c ^memory.max; hostname users && hostname; mkdir /sys/fs/cgroup/x 2>/dev/null || echo closed; sleep 3600' 'memory: 32Mi' SYS_ADMIN |
        sed 's/^  restartPolicy/  hostUsers: false\n&/' >inside.yaml
    check "apply a pod with a user namespace" insula apply -f inside.yaml
    check "it runs" within 180 reads inside .status.phase Running
    check "its root is somebody else outside" test "$(stat -c %u "/proc/$(first inside main)")" -ge 65536
    check "root inside, one cgroup, with its own limits, its own host name, and no cgroups of its making" \
        within 60 sh -c '[ "$(insula logs inside | tr "\n" " ")" = "0 1 1 users closed " ]'
    check "its limit is the kernel's" holds "$(group inside main)/memory.max" 33554432
    check "exec inside" equal "$(insula exec inside -- id -u)" 0
    check "it is deleted" insula delete pod inside --timeout=120s

    uid=$(field hello .metadata.uid) process=$(first hello web)
    ready='.status.conditions[] | select(.type == "Ready") | .status + .lastTransitionTime'
    since=$(field hello "$ready")
    kill -KILL "$(systemctl show -P MainPID insulad-smoke)"
    check "the service ends with its daemon" within 30 systemctl is-failed insulad-smoke
    check "the pod goes on without it" test -d "/proc/$process"
    check "the service starts again" systemctl start insulad-smoke
    check "hello is Ready since before" reads hello "$ready" "$since"
    check "with the same process" equal "$(first hello web)" "$process"
    check "exec into an adopted container" equal "$(insula exec hello -c web -- hostname)" hello

    kill -KILL "$(systemctl show -P MainPID insulad-smoke)"
    within 30 systemctl is-failed insulad-smoke >/dev/null
    insulad --pod-pids-limit 64 >>$log 2>&1 &
    byhand=$!
    check "insulad answers when started by hand" within 300 curl -fsS --max-time 60 --unix-socket $INSULA_SOCKET http://insula/readyz
    check "it uses the cgroups that are there" nothing_below /sys/fs/cgroup/system.slice/payload.service '*/insula'
    kill -KILL "$(first hello web)"
    check "an adopted container comes back too" within 180 reads hello "$(container web restartCount)" 3
    check "beside its peer" has "$(group hello web)" "$service/insula/pods/burstable/pod$uid/"
}
[ -e short ] || longer

check "delete" insula delete pod hello --timeout=120s
check "no cgroup of a pod is left" nothing_below /sys/fs/cgroup '*/pod*-*'
check "no cgroup of a shim is left" nothing_below /sys/fs/cgroup '*/shims/*'
check "no shim is left" no pgrep -f insula-shim
check "no link is left" no sh -c 'ip -o link | grep " iv"'
if [ -n "${byhand:-}" ]; then
    kill -TERM $byhand
    wait $byhand
    check "the daemon ends well" equal $? 0
else
    check "the daemon ends well" sh -c 'systemctl stop insulad-smoke && ! systemctl is-failed insulad-smoke'
fi
check "no DNS server is left" no pgrep -f insula-dns
check "no cgroup of the daemon is left" nothing_below /sys/fs/cgroup '*/insula'
finish

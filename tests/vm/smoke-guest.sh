#!/bin/bash
# Runs inside the guest: the daemon, hello.yaml, and what the kernel says of them. Ends with "N passed, N failed".
export INSULA_SOCKET=/run/insula/insula.sock DOTNET_TieredPGO=0 PATH=$PWD:$PATH
passed=0 failed=0
check() { # NAME COMMAND…
    local name=$1
    shift
    if "$@" >/tmp/check.out 2>&1; then
        passed=$((passed + 1)) && echo "ok: $name"
    else
        failed=$((failed + 1)) && echo "FAILED: $name: $*" && tail -n 20 /tmp/check.out
    fi
}
finish() {
    [ $failed = 0 ] || { echo "--- the daemon's log"; tail -n 60 /var/log/insulad.log; }
    echo "$passed passed, $failed failed"
    [ $failed = 0 ]
    exit
}
within() { # SECONDS COMMAND… — until it succeeds
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}
group() { find /sys/fs/cgroup -type d -path "*pod$uid/$1.*" -not -path '*/exec-*' | head -n 1; }
field() { insula get pod hello -o "jsonpath=$1"; }

check "the host has pure cgroup v2" test "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs
# A service of its own with delegated controllers, as the packaged unit has it.
systemd-run --quiet --unit=insulad-smoke --property=Delegate=yes --property=KillMode=process \
    --property=StandardOutput=append:/var/log/insulad.log --property=StandardError=append:/var/log/insulad.log \
    "$PWD/insulad" --root /var/lib/insula --run /run/insula --socket $INSULA_SOCKET
check "insulad answers" within 120 insula system info
[ $failed = 0 ] || finish
check "load busybox" insula load images/busybox
check "apply hello.yaml" insula apply -f hello.yaml
check "hello becomes Ready" insula wait pod/hello --for=condition=Ready --timeout=180s
insula get pods -o wide
uid=$(field '{.metadata.uid}')
web=$(group web)
check "the container has a cgroup" test -d "$web"
check "memory.max is the limit" test "$(cat "$web/memory.max")" = 33554432
check "cpu.max is the limit" test "$(cat "$web/cpu.max")" = "50000 100000"
check "the page, by the pod's address" curl -fsS --max-time 20 "http://$(field '{.status.podIP}'):8080/"
check "logs of the peer" sh -c 'insula logs hello -c peer --tail 3 | grep -q Hello'
check "exec" test "$(insula exec hello -c web -- hostname)" = hello
kill -KILL "$(head -n 1 "$web/cgroup.procs")"
check "web comes back after SIGKILL" within 60 sh -c 'test "$(insula get pod hello -o "jsonpath={.status.containerStatuses[?(@.name==\"web\")].restartCount}")" = 1'
check "hello becomes Ready again" insula wait pod/hello --for=condition=Ready --timeout=120s
check "delete" insula delete pod hello --timeout=120s
check "no cgroup of the pod is left" test -z "$(find /sys/fs/cgroup -type d -path "*pod$uid*")"
check "no shim is left" sh -c '! pgrep -f insula-shim'
check "no link is left" sh -c '! ip -o link | grep -q " iv"'
finish

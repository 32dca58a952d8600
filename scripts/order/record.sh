#!/bin/bash
# usage: record.sh [OUT] — writes src/insulad/insulad.order and src/insula/insula.order: the methods that a daemon and its command line call in a day like
# others, in the order of their first call. The compiler puts them side by side, so that the kernel reads and keeps fewer pages of the programs
# (docs/decisions/047-methods-in-the-order-of-their-first-call.md). What is missing there, or no more in the program, costs nothing but room.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-$PWD/out}
work=$(mktemp -d /var/tmp/insula-order.XXXXXX)
space=insula-order-$$
daemon= registry=
export INSULA_SOCKET=$work/insula.sock

say() { printf 'order: %s\n' "$*"; }
finish() {
    [ -z "$registry" ] || kill "$registry" || true
    if [ -n "$daemon" ]; then # it went wrong
        "$out/insula" delete all --all --force >/dev/null 2>&1 || true
        "$out/insula" delete pods --all --grace-period 0 >/dev/null 2>&1 || true
        stop || true
    fi
    ip netns del "$space" || true
    rm -rf "$work"
}
trap finish EXIT

# With the names of their methods; with the helpers that a daemon wants beside it.
for program in insulad insula; do
    scripts/publish.sh $program "$out/order" Release -p:Order=true
done
cp "$out"/insula-{shim,copy,dns} "$out/order/"
gcc -O2 -Wall -Wextra -Werror -std=gnu17 -o "$out/order/first_calls" scripts/order/first_calls.c

ip netns add "$space"
ip -n "$space" link set lo up
inside() { nsenter --net="/run/netns/$space" "$@"; }

start() {
    nsenter --net="/run/netns/$space" "$out/order/first_calls" "$work/insulad" "$out/order/insulad" --root "$work/root" --run "$work/run" --socket "$INSULA_SOCKET" \
        --pod-range 10.99.0.0/16 --service-range 10.98.0.0/16 --eviction-hard none >>"$work/log" 2>&1 </dev/null &
    daemon=$!
    local deadline=$((SECONDS + 60))
    until "$out/insula" system info >/dev/null 2>&1; do
        kill -0 $daemon && [ $SECONDS -lt $deadline ] || { tail -n 20 "$work/log" >&2; exit 1; }
        sleep 0.1
    done
}

stop() {
    kill -TERM "$(pgrep -P $daemon)" # the daemon, not who follows it
    wait $daemon
    daemon=
}

# As a user would; what it says is of no interest unless it fails.
insula() {
    say "insula $*"
    inside "$out/order/first_calls" "$work/insula" "$out/order/insula" "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
}

address() { "$out/insula" get pod "$1" -o 'jsonpath={.status.podIP}'; }

say "the images"
start
nsenter --net="/run/netns/$space" python3 scripts/order/registry.py "$out/images/busybox" 5000 2>/dev/null &
registry=$!
insula load "$out/images/busybox"
insula pull 127.0.0.1:5000/busybox
kill $registry
registry=
insula images
insula rmi 127.0.0.1:5000/busybox
insula save busybox -o "$work/busybox.tar"
insula load "$work/busybox.tar"
insula load "$out/images/whiteouts"
insula rmi whiteouts

say "a pod"
insula apply -f examples/hello.yaml
insula wait pod/hello --for=condition=Ready --timeout=60s
insula get pods
insula get pods -o wide
insula get pod hello -o yaml
insula describe pod hello
insula logs hello -c web
insula exec hello -c web -- true
inside curl -fsS --noproxy '*' "http://$(address hello):8080/" >/dev/null

say "workloads, Services, policies, volumes"
files=()
for name in deployment service policy statefulset claim resize; do files+=(-f "examples/$name.yaml"); done
insula apply "${files[@]}"
insula wait deployment/site --for=condition=Available --timeout=60s
insula get all
insula get pods,services -A -o json
insula scale deployment site --replicas 1
insula rollout status deployment/site
insula get events
insula top pods
insula describe service site

say "a container that ends, and a daemon that comes back"
uid=$("$out/insula" get pod hello -o 'jsonpath={.metadata.uid}')
kill -KILL "$(cat $(find /sys/fs/cgroup -path "*/pod$uid/web.*/cgroup.procs") | head -n 1)"
sleep 3 # its successor, and probes
stop
start
insula wait pod/hello --for=condition=Ready --timeout=60s
insula get pods -A

say "the end"
insula delete "${files[@]}"
insula delete pod hello
insula delete pvc --all
insula get pods -A
insula --help
stop

for program in insulad insula; do
    awk '!seen[$0]++' "$work/$program" >"src/$program/$program.order"
    say "$(wc -l <"src/$program/$program.order") methods in src/$program/$program.order"
done

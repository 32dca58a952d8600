#!/bin/bash
# usage: run.sh [ROOT RUN]
# What `make run` does as root: a daemon, an image, a pod, and proof that it lives, is reached and comes back.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:-/var/lib/insula-run} run=${2:-/run/insula-run}
export INSULA_SOCKET=$run/insula.sock
insula=$PWD/out/insula

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\033[2m$ insula %s\033[0m\n' "$*"; "$insula" "$@"; }
fail() {
    printf '\nmake run: %s\n' "$*" >&2
    echo "The daemon's log is $run/insulad.log; its last lines:" >&2
    tail -n 20 "$run/insulad.log" >&2
    exit 1
}

mkdir -p -m 700 "$root"
mkdir -p -m 711 "$run"
if "$insula" system info >/dev/null 2>&1; then
    say "insulad is running already"
else
    say "Starting insulad (root $root, socket $INSULA_SOCKET)"
    setsid out/insulad --root "$root" --run "$run" --socket "$INSULA_SOCKET" >>"$run/insulad.log" 2>&1 </dev/null &
    echo $! >"$run/insulad.pid"
    deadline=$((SECONDS + 120))
    until "$insula" system info >/dev/null 2>&1; do
        kill -0 "$(cat "$run/insulad.pid")" 2>/dev/null || fail "insulad ended at start"
        [ $SECONDS -lt $deadline ] || fail "insulad does not answer within 120 s"
        sleep 0.1
    done
fi
"$insula" system check --quiet || true

say "Loading the busybox image made by rootfs/"
show load out/images/busybox

say "Applying examples/hello.yaml"
show apply -f examples/hello.yaml
show wait pod/hello --for=condition=Ready --timeout=120s || { show describe pod hello; fail "hello is not Ready"; }
show get pods -o wide

address=$("$insula" get pod hello -o 'jsonpath={.status.podIP}')
say "The page, fetched by the pod's address http://$address:8080/"
curl -fsS --noproxy '*' --max-time 30 "http://$address:8080/"

say "The logs of both containers"
show logs hello -c web --tail 3
show logs hello -c peer --tail 3

say "Killing the web server's process with SIGKILL"
uid=$("$insula" get pod hello -o 'jsonpath={.metadata.uid}')
restarts=$("$insula" get pod hello -o 'jsonpath={.status.containerStatuses[?(@.name=="web")].restartCount}')
# The kernel knows the process by the container's cgroup; the next start of the container gets a new one.
group=$(find /sys/fs/cgroup -type d -path "*/pod$uid/web.$restarts" | head -n 1)
next=${group%/*}/web.$((restarts + 1))/cgroup.procs
pid=$(head -n 1 "$group/cgroup.procs")
begin=$(date +%s%N)
kill -KILL "$pid"
deadline=$((SECONDS + 120))
until [ -n "$(cat "$next" 2>/dev/null)" ]; do
    [ $SECONDS -lt $deadline ] || fail "the web server did not come back"
done
took=$((($(date +%s%N) - begin) / 1000000))
"$insula" wait pod/hello --for=condition=Ready --timeout=120s >/dev/null || fail "hello is not Ready again"
show get pods
count=$("$insula" get pod hello -o 'jsonpath={.status.containerStatuses[?(@.name=="web")].restartCount}')
echo "It came back $took ms after the kill of process $pid, as process $(head -n 1 "$next"); restart count $restarts -> $count."

say "Go on"
cat <<EOF
  export INSULA_SOCKET=$INSULA_SOCKET
  sudo -E out/insula get pods -w            watch it
  sudo -E out/insula exec -it hello -c web -- sh
  sudo -E out/insula describe pod hello
  sudo -E out/insula delete pod hello
  make stop                                 end the daemon and remove its state
EOF

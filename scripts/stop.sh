#!/bin/bash
# usage: stop.sh [ROOT RUN]
# Ends the daemon that `make run` started: its pods first, within their grace, then itself, then its state.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1:-/var/lib/insula-run} run=${2:-/run/insula-run}
export INSULA_SOCKET=$run/insula.sock

if [ ! -e "$root" ] && [ ! -e "$run" ]; then
    echo "nothing of 'make run' is running"
    exit 0
fi

# The number in the file may be another process' by now.
pid=$(cat "$run/insulad.pid" 2>/dev/null || true)
if [ -z "$pid" ] || ! tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$run"; then pid=; fi

if [ -z "$pid" ] && [ -e "$run" ]; then
    # The daemon was killed. Its pods may live, and its cgroups and its nftables table are there: another one takes them up to end them.
    setsid out/insulad --root "$root" --run "$run" --socket "$INSULA_SOCKET" >>"$run/insulad.log" 2>&1 </dev/null &
    pid=$!
    deadline=$((SECONDS + 120))
    until out/insula system info >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || { echo "insulad ended at start, see $run/insulad.log" >&2; exit 1; }
        [ $SECONDS -lt $deadline ] || { echo "insulad does not answer within 120 s, see $run/insulad.log" >&2; exit 1; }
        sleep 0.1
    done
fi
if [ -n "$pid" ]; then
    out/insula delete pods --all --all-namespaces
    kill -TERM "$pid"
    deadline=$((SECONDS + 120))
    while kill -0 "$pid" 2>/dev/null; do
        [ $SECONDS -lt $deadline ] || { echo "insulad ($pid) did not end within 120 s" >&2; exit 1; }
        sleep 0.1
    done
fi
rm -rf --one-file-system "$root" "$run"
echo "stopped, and its state removed"

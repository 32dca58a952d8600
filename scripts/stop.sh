#!/bin/bash
# Ends the daemon that `make run` started: its pods first, within their grace, then itself, then its state.
set -euo pipefail
cd "$(dirname "$0")/.."
root=/var/lib/insula-run run=/run/insula-run
export INSULA_SOCKET=$run/insula.sock

if [ ! -e "$run/insulad.pid" ] && [ ! -e "$root" ] && [ ! -e "$run" ]; then
    echo "nothing of 'make run' is running"
    exit 0
fi
if [ -e "$run/insulad.pid" ]; then
    pid=$(cat "$run/insulad.pid")
    if ! kill -0 "$pid" 2>/dev/null && [ -n "$(ls -A "$run/sandboxes" 2>/dev/null)" ]; then
        # The daemon was killed, and its pods live: another one takes them up, so that they can be ended.
        setsid out/insulad --root "$root" --run "$run" --socket "$INSULA_SOCKET" >>"$run/insulad.log" 2>&1 </dev/null &
        pid=$!
        deadline=$((SECONDS + 30))
        until out/insula system info >/dev/null 2>&1; do
            [ $SECONDS -lt $deadline ] || { echo "insulad does not answer within 30 s, see $run/insulad.log" >&2; exit 1; }
            sleep 0.1
        done
    fi
    if kill -0 "$pid" 2>/dev/null; then
        out/insula delete pods --all --all-namespaces
        kill -TERM "$pid"
        deadline=$((SECONDS + 30))
        while kill -0 "$pid" 2>/dev/null; do
            [ $SECONDS -lt $deadline ] || { echo "insulad ($pid) did not end within 30 s" >&2; exit 1; }
            sleep 0.1
        done
    fi
fi
rm -rf --one-file-system "$root" "$run"
echo "stopped, and its state removed"

#!/bin/bash
# Ends the daemon that `make run` started: its pods first, within their grace, then itself, then its state.
set -euo pipefail
cd "$(dirname "$0")/.."
root=/var/lib/insula-run run=/run/insula-run
export INSULA_SOCKET=$run/insula.sock

if [ ! -e "$run/insulad.pid" ]; then
    echo "nothing of 'make run' is running"
else
    pid=$(cat "$run/insulad.pid")
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

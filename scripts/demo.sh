#!/bin/bash
# usage: demo.sh — shows the path from a load balancer to pods on three workers, and kills everything on it; ends with "N passed, N failed".
# It is the test of that path, told while it runs.
set -uo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "demo.sh: needs root: it makes network namespaces" >&2; exit 1; }
report=$(mktemp)
trap 'rm -f "$report" "$report".*' EXIT
INSULA_DEMO=1 dotnet tests/system/bin/Debug/net10.0/Insula.SystemTests.dll -noLogo -noColor -showLiveOutput -xml "$report" -class '*.FoundingTests' 2>"$report.log" |
    sed -nE 's/^ *Insula\.SystemTests\.[^ ]* \[OUTPUT\] //p; /\[FAIL\]/,/^  Finished/p'
python3 scripts/count-tests.py "$report" "$report.skips" "$report.failures" >"$report.counts" || { tail -n 50 "$report.log" >&2; exit 1; }
read -r passed failed skipped <"$report.counts"
printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

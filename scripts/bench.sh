#!/bin/bash
# usage: bench.sh [--quick|--gates] [--only FIGURE…] — measures Insula beside its peers; the whole form installs those and writes into bench/, the
# quick one takes those that are there and writes into out/bench/. Ends with "N passed, N failed": figures that could be measured, and
# those that could not or that exceed what is promised of memory and counts. Times decide nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
output=bench
case " $* " in
*" --quick "* | *" --gates "*) output=out/bench ;;
*) scripts/apt-install.sh bench podman crun runc catatonit netavark containerd containernetworking-plugins wrk || echo "bench: without some of its peers" >&2 ;;
esac
make --no-print-directory -s -C bench/floor BUILD="$PWD/out/bench"
exec dotnet bench/bin/Debug/net10.0/insula-bench.dll --output "$output" "$@"

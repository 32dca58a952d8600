#!/bin/bash
# Runs inside the guest: the system tests, with systemd and pure cgroup v2, those that FILTER names, or all but tests/vm/not-inside.txt.
# guest: tests
# payload: tests
# memory: 8192
export INSULA_TEST_SLOWNESS=10 DOTNET_TieredPGO=0 TERM=dumb
tests=$PWD/checkout/tests/system/bin/Insula.SystemTests
filter=$(cat filter)
choice=()
if [ -n "$filter" ]; then
    for class in $filter; do choice+=(-class "*$class"); done
else
    mapfile -t choice < <(sed -nE 's/^([^# ]+).*/-class-\n*.\1/p' not-inside.txt)
fi
cd checkout || exit
# As on a host: twice as many at once as there are processors, since they mostly wait.
"$tests" -noLogo -noColor -reporter verbose -maxThreads 2x -xml /tmp/tests.xml "${choice[@]}"
python3 ../count-tests.py /tmp/tests.xml /tmp/skips /tmp/failures >/tmp/counts
read -r passed failed skipped </tmp/counts
[ ! -s /tmp/failures ] || { echo "== what failed"; cat /tmp/failures; }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

#!/bin/sh
# Runs all of the shim's tests and ends with one line: N passed, N failed.
passed=0 failed=0
for suite in unit-test kernel-test sanitized-test weak-test; do
    output=$(${MAKE:-make} -s "$suite" 2>&1)
    status=$?
    echo "$output" | grep -v ' passed, '
    counts=$(echo "$output" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
    if [ -z "$counts" ]; then
        echo "$suite: did not run"
        failed=$((failed + 1))
    fi
    for number in $counts; do
        if [ "${is_failed:-0}" = 0 ]; then passed=$((passed + number)); is_failed=1; else failed=$((failed + number)); is_failed=0; fi
    done
    echo "$suite: exit $status"
    [ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

#!/bin/sh
# Shows that the tests of defences notice: in a shim that does without one (built with -DWEAK), the test named beside it must fail.
# usage: weak.sh KERNEL-TEST WEAK-SHIM WEAK-UNIT-TEST
passed=0 failed=0
while read -r defence test; do
    case $test in
    copy:*) program=$3 ;;
    *) program=$1 ;;
    esac
    output=$(INSULA_WEAK=$defence SHIM=$2 "$program" "$test" 2>&1 </dev/null)
    if echo "$output" | grep -q '^FAILED'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "without '$defence' the test '$test' does not fail:"
        echo "$output"
    fi
done <<END
descriptors only three descriptors
root hostile: linked targets stay inside
root hostile: exchanged targets
links hostile: linked pseudo file systems
volume-links hostile: links in the pod directory
log-links hostile: links in the pod directory
procfs hostile: nothing is mounted into procfs
null hostile: false devices
terminal hostile: false terminals
bounding identities
seccomp seccomp is loaded
dumpable exec: the helper is bare
born-late hostile: launched commands lend nothing to a tracer
born-late hostile: launched containers lend nothing to a tracer
copy-links copy: links lead nobody out
copy-contained copy: links that lead out are left out
copy-names copy: names of more than a component are refused
END
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

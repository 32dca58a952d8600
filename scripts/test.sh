#!/bin/bash
# usage: test.sh [unit] [native] [weak] [fuzz] [system] [app] [upgrade] [bench] [setup] [vm-short] [vm] [vagrant] — runs the built tests and ends with "N passed, N failed, N skipped".
# Fails when a test fails, when a suite runs nothing, and when the set of skipped tests is not tests/skips.txt.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0 broken=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

run_dotnet() { # PROJECT-DIRECTORY [ARGUMENTS…]
    local project=$1 name report log since=$SECONDS
    shift
    name=$(basename "$project"/*.csproj .csproj)
    log=$logs/$name.log report=$logs/$name.xml
    echo "== $name"
    dotnet "$project/bin/Debug/net10.0/$name.dll" -noLogo -noColor -xml "$report" "$@" >"$log" 2>&1
    local code=$?
    python3 scripts/count-tests.py "$report" "$logs/skips" "$logs/failures" >"$logs/counts" || echo "0 0 0" >"$logs/counts"
    local p f s
    read -r p f s <"$logs/counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$code" != 0 ] || [ $((p + f)) = 0 ]; then
        [ "$f" != 0 ] || broken=$((broken + 1))
        tail -n 400 "$log"
        [ $((p + f)) != 0 ] || echo "$name: no test ran (exit code $code)"
    else
        echo "   $p passed, $s skipped ($((SECONDS - since)) s)"
    fi
}

run_counted() { # NAME COMMAND… — one that counts by itself, and ends with "N passed, N failed", and perhaps ", N skipped"
    local name=$1 log=$logs/$1.log code counts since=$SECONDS
    shift
    echo "== $name"
    "$@" >"$log" 2>&1
    code=$?
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    passed=$((passed + $(sed -E 's/^([0-9]+) passed.*/\1/' <<<"${counts:-0 passed}")))
    failed=$((failed + $(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"${counts:-x 0 failed}")))
    skipped=$((skipped + $(sed -nE 's/.* ([0-9]+) skipped.*/\1/p' <<<"$counts") + 0))
    if [ $code != 0 ] || [ -z "$counts" ]; then
        tail -n 200 "$log"
        grep -E 'FAIL|ERROR' "$log" | sed "s/^/$name: /" >>"$logs/failures"
        [ -n "$counts" ] || broken=$((broken + 1))
    else
        grep '^skipped: ' "$log"
        echo "   $counts ($((SECONDS - since)) s)"
    fi
}

for suite in "$@"; do
    case $suite in
    unit)
        for project in tests/*.Tests; do run_dotnet "$project"; done
        ;;
    native) run_counted native make --no-print-directory -C native test ;;
    weak) run_counted weak tests/weak/run.py ;;
    fuzz) run_counted fuzz tests/fuzz/run.sh 5 ;;
    app) run_dotnet tests/system -class "*.GuestbookTests" ;;
    upgrade) run_counted upgrade tests/upgrade/run.sh ;;
    bench) run_counted bench scripts/bench.sh --gates ;;
    setup) run_counted fresh-machine tests/setup/fresh-machine.sh ;;
    vm-short) run_counted vm-short tests/vm/run.sh smoke short ;;
    vm)
        run_counted vm-smoke tests/vm/run.sh smoke
        run_counted vm-apparmor tests/vm/run.sh apparmor
        run_counted vm-selinux tests/vm/run.sh selinux
        run_counted vm-firewalls tests/vm/run.sh firewalls
        run_counted vm-test tests/vm/package.sh
        run_counted vm-system env VM_TIMEOUT=14400 tests/vm/run.sh system
        run_counted vm-test-debian12 tests/vm/package.sh debian12 install boot
        ;;
    vagrant) run_counted vagrant tests/vm/vagrant.sh ;;
    system)
        [ "$(id -u)" = 0 ] || { echo "system tests need root: they fail without it" >&2; broken=$((broken + 1)); continue; }
        rm -f out/crashes.txt
        # Most of the time each of them waits: for a period, a grace, a delay. Twice as many at once as there are processors take half as long.
        run_dotnet tests/system -maxThreads 2x -class- "*.GuestbookTests" ${FILTER:+-class "*$FILTER*"}
        # What the crash tests have tried; what was not survived is among the failures, too.
        ! [ -e out/crashes.txt ] || grep ' tried, ' out/crashes.txt
        ;;
    *) echo "test.sh: unknown suite $suite" >&2; exit 2 ;;
    esac
done

if [ -z "${FILTER:-}" ] && [[ " $* " == *" system "* ]]; then
    if ! diff <(grep -v '^#' tests/skips.txt | sort) <(sort -u "$logs/skips" 2>/dev/null) >"$logs/skipdiff"; then
        echo "the set of skipped tests is not what tests/skips.txt says (< expected, > now):"
        cat "$logs/skipdiff"
        broken=$((broken + 1))
    fi
fi
[ $broken = 0 ] || failed=$((failed + broken))
if [ -s "$logs/failures" ]; then
    echo "== what failed"
    cat "$logs/failures"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) != 0 ]

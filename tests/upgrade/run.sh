#!/bin/bash
# Upgrades running pods from the last release to this build, and goes back: builds the programs of the last tag, of the commit
# in tests/upgrade/base as long as there is no tag, or of the one in FROM, in a worktree of its own, and runs UpgradeTests from them.
# Ends with "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")/../.."
from=${FROM:-$(git describe --tags --abbrev=0 2>/dev/null || cat tests/upgrade/base)}

place=$(mktemp -d)
trap 'git worktree remove --force "$place/tree" 2>/dev/null; rm -rf "$place"' EXIT
git worktree add --quiet --detach "$place/tree" "$from"
echo "building $from"
targets=(native daemon)
grep -q '^dns:' "$place/tree/Makefile" && targets+=(dns)
QUICK=1 make --no-print-directory -C "$place/tree" "${targets[@]}"

report=$place/report.xml
code=0
INSULA_UPGRADE_FROM=$place/tree/out \
    dotnet tests/system/bin/Debug/net10.0/Insula.SystemTests.dll -noLogo -noColor -xml "$report" -class '*UpgradeTests' || code=$?
read -r passed failed skipped < <(python3 scripts/count-tests.py "$report" "$place/skips" "$place/failures")
[ $((passed + failed)) != 0 ] || failed=1
sed 's/^/FAIL /' "$place/failures" 2>/dev/null || true
echo "$passed passed, $failed failed, $skipped skipped"
[ $code = 0 ] && [ "$failed" = 0 ]

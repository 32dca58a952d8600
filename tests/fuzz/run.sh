#!/bin/bash
# usage: run.sh SECONDS [TARGET…] — fuzzes each target that long, guided by coverage (afl++; SharpFuzz for C#), from tests/fuzz/corpus and
# what earlier runs kept in out/fuzz. What crashed or hung is in out/fuzz/TARGET. Ends with "N passed, N failed".
# As root it takes an ordinary user's rights first: the inputs are meant to make programs misbehave.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
scripts/apt-install.sh fuzz afl++ clang
clang=$(afl-clang-fast --version 2>/dev/null | sed -n 's/.*clang version \([0-9]*\).*/\1/p' | head -n 1)
scripts/apt-install.sh fuzz "libclang-rt-$clang-dev"

work=$(mktemp -d /tmp/insula-fuzz.XXXXXX)
trap 'rm -rf "$work"' EXIT
as_user=()
if [ "$(id -u)" = 0 ]; then
    as_user=(setpriv "--reuid=${SUDO_UID:-65534}" "--regid=${SUDO_GID:-65534}" --clear-groups --no-new-privs)
fi
mkdir -p out/fuzz "$work/bin" "$work/tmp"

echo "fuzz: building"
[ -e tests/fuzz/bin/Debug/net10.0/Insula.Fuzz.dll ] || dotnet build tests/fuzz -v quiet --nologo
cp -r tests/fuzz/bin/Debug/net10.0/. "$work/bin/"
cp tests/fuzz/late.py "$work/"
(cd tests/fuzz && dotnet tool restore --verbosity quiet >/dev/null)
for assembly in Insula.Api Insula.Dns Insula.Images Insula.Ingresses Insula.Linux Insula.Network Insula.Store insulad YamlDotNet; do
    (cd tests/fuzz && dotnet sharpfuzz "$work/bin/$assembly.dll")
done
make --no-print-directory -C native fuzzers BUILD="$work/native" >/dev/null
chmod -R a+rX "$work"
[ ${#as_user[@]} = 0 ] || chown -R "${SUDO_UID:-65534}:${SUDO_GID:-65534}" "$work/tmp"

passed=0 failed=0
if DOTNET_EnableDiagnostics=0 "${as_user[@]}" "$work/late.py" "$(command -v dotnet)" "$work/bin/Insula.Fuzz.dll" patch; then
    passed=$((passed + 1))
    echo "ok: the program waits for its input"
else
    failed=$((failed + 1))
    echo "FAILED: the program does not wait for its input"
fi

fuzz() { # NAME COMMAND…
    local name=$1 corpus=$work/corpus/$1 found=$work/tmp/$1 kept=out/fuzz/$1 stats bad plain
    shift
    # Without the fuzzer's memory instrumented assemblies crash: what was found is shown by those without instruments.
    plain=("${@/$work\/bin/tests\/fuzz\/bin\/Debug\/net10.0}")
    mkdir -p "$corpus" "$kept/queue"
    cp tests/fuzz/corpus/"$name"/* "$corpus/"
    find "$kept/queue" -type f -exec cp {} "$corpus/" \;
    chmod -R a+rX "$corpus" "$work/corpus"
    if ! AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 TMPDIR=$work/tmp \
        DOTNET_EnableDiagnostics=0 "${as_user[@]}" afl-fuzz -i "$corpus" -o "$found" -V "$seconds" -t 10000 -m none -- "$@" >"$work/$name.log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: $name: afl-fuzz did not run"
        tail -n 20 "$work/$name.log"
        return
    fi
    stats=$found/default/fuzzer_stats
    # Names of the fuzzer's are long and have colons; those of the corpus are short.
    find "$found/default/queue" -maxdepth 1 -type f -name 'id:*' ! -name '*,orig:*' -exec sh -c 'cp "$1" "$2/$(sha1sum <"$1" | cut -c1-16)"' _ {} "$kept/queue" \;
    bad=$(find "$found/default/crashes" "$found/default/hangs" -type f -name 'id:*' | wc -l)
    if [ "$bad" = 0 ] && [ "$(sed -n 's/^execs_done *: //p' "$stats")" -gt 0 ]; then
        passed=$((passed + 1))
        echo "ok: $name: $(sed -n 's/^execs_done *: //p' "$stats") inputs, $(sed -n 's/^bitmap_cvg *: //p' "$stats") of the map, $(sed -n 's/^corpus_found *: //p' "$stats") new ways"
    else
        failed=$((failed + 1))
        for kind in crashes hangs; do
            mkdir -p "$kept/$kind"
            find "$found/default/$kind" -type f -name 'id:*' -exec sh -c 'cp "$1" "$2/$(sha1sum <"$1" | cut -c1-16)"' _ {} "$kept/$kind" \;
        done
        echo "FAILED: $name: $bad inputs crash or hang, see $kept; the first:"
        find "$kept/crashes" "$kept/hangs" -type f | head -n 1 | xargs -r timeout 60 "${plain[@]}" 2>&1 | head -n 20 || true
    fi
}

chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || mapfile -t chosen < <(ls tests/fuzz/corpus)
for name in "${chosen[@]}"; do
    case $name in
    shim-*) fuzz "$name" "$work/native/$name" ;;
    *) fuzz "$name" "$(command -v dotnet)" "$work/bin/Insula.Fuzz.dll" "$name" ;;
    esac
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]

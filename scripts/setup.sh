#!/bin/bash
# Installs what is missing and nothing else: apt packages by scripts/apt-packages.txt, the .NET SDK.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Not root, and no way to become it: say what root is to do, instead of failing in the middle.
require_root_for() {
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "there is no sudo; run this as root, then \`make\` again: $*"
}

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian or Ubuntu; install what scripts/apt-packages.txt lists by hand" >&2
else
    mapfile -t packages < <(grep -v '^#' scripts/apt-packages.txt)
    scripts/apt-install.sh setup "${packages[@]}"
fi

has_sdk() { [ -n "$(scripts/find-sdk.sh)" ]; }

if ! has_sdk; then
    echo "setup: installing the .NET 10 SDK"
    require_root_for "apt-get install dotnet-sdk-10.0, or what https://dot.net says"
    if command -v apt-cache >/dev/null && as_root apt-get update -qq && apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
        scripts/apt-install.sh setup dotnet-sdk-10.0
    else
        script=$(mktemp)
        trap 'rm -f "$script"' EXIT
        if ! curl -fsSL --connect-timeout 20 https://dot.net/v1/dotnet-install.sh -o "$script" \
            || ! as_root bash "$script" --channel 10.0 --install-dir /usr/local/share/dotnet --no-path >/dev/null; then
            fail "there is no .NET 10 SDK on this machine, apt has no package dotnet-sdk-10.0, and none could be downloaded." \
                "Get one from https://dot.net on a machine that can, unpack it to /usr/share/dotnet or ~/.dotnet here, and run \`make\` again."
        fi
        as_root ln -sf /usr/local/share/dotnet/dotnet /usr/local/bin/dotnet
    fi
    has_sdk || fail "the .NET 10 SDK was installed and is not found: set DOTNET_ROOT to its directory, and run \`make\` again"
fi

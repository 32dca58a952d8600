#!/bin/bash
# Installs what is missing and nothing else: apt packages by scripts/apt-packages.txt, the .NET SDK.
set -euo pipefail
cd "$(dirname "$0")/.."

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)

missing_packages() {
    grep -v '^#' scripts/apt-packages.txt | while read -r package; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
    done
}

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian or Ubuntu; install what scripts/apt-packages.txt lists by hand" >&2
else
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -gt 0 ]; then
        echo "setup: installing ${missing[*]}"
        "${sudo[@]}" apt-get update -qq
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
fi

has_sdk() { command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.'; }

if ! has_sdk; then
    echo "setup: installing the .NET 10 SDK"
    if apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq dotnet-sdk-10.0 >/dev/null
    else
        script=$(mktemp)
        trap 'rm -f "$script"' EXIT
        curl -fsSL https://dot.net/v1/dotnet-install.sh -o "$script" || {
            echo "setup: no .NET 10 SDK here and none can be downloaded; install it (https://dot.net) and run again" >&2
            exit 1
        }
        "${sudo[@]}" bash "$script" --channel 10.0 --install-dir /usr/local/share/dotnet --no-path >/dev/null
        "${sudo[@]}" ln -sf /usr/local/share/dotnet/dotnet /usr/local/bin/dotnet
    fi
    has_sdk || { echo "setup: the .NET 10 SDK is still not found in PATH" >&2; exit 1; }
fi

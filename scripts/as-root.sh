#!/bin/bash
# Runs a script of ours as root, keeping what it needs of the environment; asks for sudo when we are not root.
set -euo pipefail
if [ "$(id -u)" = 0 ]; then exec "$@"; fi
command -v sudo >/dev/null || { echo "this needs root, and there is no sudo: run it as root" >&2; exit 1; }
ours=$(compgen -e INSULA_ | tr '\n' ',')
exec sudo --preserve-env="${ours}FILTER,FROM,VM_TIMEOUT,CI,DOTNET_ROOT,DOTNET_CLI_TELEMETRY_OPTOUT,DOTNET_NOLOGO,DOTNET_SYSTEM_GLOBALIZATION_INVARIANT" PATH="$PATH" "$@"

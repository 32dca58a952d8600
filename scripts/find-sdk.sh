#!/bin/bash
# Prints the directory of a .NET 10 SDK, in PATH or where packages and installers put one without telling PATH; nothing when there is none.
in_path=$(command -v dotnet)
for dotnet in "$in_path" "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet "$HOME/.dotnet/dotnet"; do
    [ -x "$dotnet" ] || continue
    directory=$(dirname "$(readlink -f "$dotnet")")
    if compgen -G "$directory/sdk/10.*" >/dev/null; then
        echo "$directory"
        exit
    fi
done
# A program of another name stands before the real one.
if [ -n "$in_path" ] && "$in_path" --list-sdks 2>/dev/null | grep -q '^10\.'; then dirname "$in_path"; fi

#!/bin/sh
# A plug-in that notes what it is asked and does as it is told. Beside it: calls (a line each: command, container, namespace, interface, arguments,
# configuration), fault.COMMAND (shell that is run instead of an answer), versions (what it speaks), address.NUMBER and given/CONTAINER (what it has given).
set -eu
dir=$(dirname "$0")/../recorder
name=$(basename "$0")
config=$(cat)
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$CNI_COMMAND" "${CNI_CONTAINERID:-}" "${CNI_NETNS:-}" "${CNI_IFNAME:-}" "${CNI_ARGS:-}" "$(echo "$config" | tr -d '\n')" >>"$dir/calls"
if [ -e "$dir/fault.$CNI_COMMAND" ] && [ "$CNI_COMMAND" != VERSION ]; then . "$dir/fault.$CNI_COMMAND"; fi
version=$(echo "$config" | sed -n 's/.*"cniVersion":"\([0-9.]*\)".*/\1/p')
case $CNI_COMMAND in
VERSION) cat "$dir/versions" ;;
ADD)
    # Names the pod's own interface, made here, and an address that nobody else has.
    if ! nsenter --net="$CNI_NETNS" ip link show "$CNI_IFNAME" >/dev/null 2>&1; then
        nsenter --net="$CNI_NETNS" ip link add "$CNI_IFNAME" type veth peer name peer0
    fi
    mkdir -p "$dir/given"
    number=2
    if [ -e "$dir/given/$CNI_CONTAINERID" ]; then
        number=$(cat "$dir/given/$CNI_CONTAINERID")
    else
        until (set -C; echo "$CNI_CONTAINERID" >"$dir/address.$number") 2>/dev/null; do number=$((number + 1)); done
        echo "$number" >"$dir/given/$CNI_CONTAINERID"
    fi
    printf '{"cniVersion":"%s","interfaces":[{"name":"%s","sandbox":"%s"}],"ips":[{"address":"10.201.0.%s/16","interface":0},{"address":"fd01::%s/64","interface":0}],"dns":{"nameservers":["192.0.2.53"],"search":["from.cni"]}}\n' \
        "$version" "$CNI_IFNAME" "$CNI_NETNS" "$number" "$number"
    ;;
DEL)
    if [ -e "$dir/given/$CNI_CONTAINERID" ]; then
        rm -f "$dir/address.$(cat "$dir/given/$CNI_CONTAINERID")" "$dir/given/$CNI_CONTAINERID"
    fi
    [ -z "$CNI_NETNS" ] || nsenter --net="$CNI_NETNS" ip link del "$CNI_IFNAME" 2>/dev/null || true
    ;;
esac

#!/bin/bash
# usage: qemu.sh DIRECTORY — prints the command of a QEMU that boots guests reliably under emulation.
# Versions before 8 panic guests now and then; where the host has an older one, Debian's newer one is unpacked
# into DIRECTORY and run with its own loader and libraries.
set -euo pipefail
directory=$1 major=

if command -v qemu-system-x86_64 >/dev/null; then
    major=$(qemu-system-x86_64 --version | sed -nE '1s/.*version ([0-9]+).*/\1/p')
    if [ "${major:-0}" -ge 8 ]; then
        command -v qemu-system-x86_64
        exit 0
    fi
fi

tree=$directory/qemu
if [ ! -x "$directory/qemu-system-x86_64" ] || [ "$0" -nt "$directory/qemu-system-x86_64" ]; then
    echo "qemu: unpacking Debian 13's, since this host has ${major:+only version }${major:-none}" >&2
    "$(dirname "$0")/debootstrap.sh" extract "$tree" qemu-system-x86,seabios,qemu-system-data,ipxe-qemu >&2
    rm -rf --one-file-system "$tree/var" # the packages themselves
    cat >"$directory/qemu-system-x86_64.new" <<'EOF'
#!/bin/bash
tree=$(cd "$(dirname "$0")" && pwd)/qemu
export QEMU_MODULE_DIR=$tree/usr/lib/x86_64-linux-gnu/qemu
exec "$tree/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
    --library-path "$tree/usr/lib/x86_64-linux-gnu" \
    "$tree/usr/bin/qemu-system-x86_64" -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" "$@"
EOF
    chmod +x "$directory/qemu-system-x86_64.new"
    mv "$directory/qemu-system-x86_64.new" "$directory/qemu-system-x86_64"
fi
echo "$directory/qemu-system-x86_64"

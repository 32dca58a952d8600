#!/bin/bash
# Makes small OCI images from the recipes beside this script, the same bytes every time, with no container tool:
# shell, coreutils, GNU tar, gzip, a static busybox, and a compiler for static programs where a recipe has one.
#
#   rootfs/build.sh OUTDIR [NAME…]     → OUTDIR/NAME, an OCI layout each; all recipes when no NAME is given
#
# A recipe is a directory NAME with
#   config.json       the "config" member of the image configuration
#   base              name of the recipe whose layers come first (optional)
#   packages          names of Debian packages, which with what they need make the first layer of its own (optional; needs mmdebstrap, root, and
#                     Debian's mirror; the same bytes as long as the mirror has the same packages). Built only when named.
#   layer, layer.2 …  one layer each, a line an entry, in the manner of the kernel's gen_init_cpio:
#       dir     PATH MODE UID GID
#       file    PATH MODE UID GID SOURCE        SOURCE beside the layer file, or absolute on this machine
#       empty   PATH MODE UID GID
#       fill    PATH MODE UID GID BYTES         that many bytes of one repeated line
#       fifo    PATH MODE UID GID
#       link    PATH TARGET
#       applets DIRECTORY TARGET                a link to TARGET for every applet of busybox
#       busybox PATH MODE UID GID               the static busybox of this machine
#       program PATH MODE UID GID SOURCE…       the C sources beside the layer file, compiled and linked statically
# Directories come before what is in them. BUSYBOX names another busybox, SOURCE_DATE_EPOCH another date than 1970.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
busybox=${BUSYBOX:-/bin/busybox}
cc=${CC_STATIC:-musl-gcc}
epoch=${SOURCE_DATE_EPOCH:-0}

die() { echo "rootfs/build.sh: $*" >&2; exit 1; }

case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) die "no OCI name is known for the architecture $(uname -m)" ;;
esac

check_busybox() {
    [[ -x $busybox ]] || die "$busybox is missing: apt-get install busybox-static, or set BUSYBOX"
    if ldd "$busybox" >/dev/null 2>&1; then
        die "$busybox is not static: apt-get install busybox-static, or set BUSYBOX"
    fi
}

compile() { # FOLDER TARGET "SOURCE…"
    local sources
    command -v "$cc" >/dev/null || die "$cc is missing: apt-get install musl-tools, or set CC_STATIC"
    read -ra sources <<<"$3"
    # From its folder, so that no path of this machine gets into the program.
    (cd "$1" && "$cc" -std=gnu11 -Wall -Wextra -Werror -Os -static -s -o "$2" "${sources[@]}")
}

# --- one layer: recipe lines → tar ---------------------------------------------------------------------------------

# Entries of equal owner and mode that follow each other go into the tar together; flush writes them.
flush() {
    [[ -s $work/names ]] || return 0
    tar --append --file="$work/layer.tar" --directory="$work/tree" --format=ustar --no-recursion --mtime="@$epoch" \
        --owner="$group_uid" --group="$group_gid" --numeric-owner --mode="$group_mode" \
        --null --verbatim-files-from --files-from="$work/names"
    : >"$work/names"
}

# add PATH MODE UID GID: queues what now lies at PATH in the tree.
add() {
    local key="$2 $3 $4"
    if [[ $key != "$group_key" ]]; then
        flush
        group_key=$key group_mode=$2 group_uid=$3 group_gid=$4
    fi
    printf '%s\0' "${1#/}" >>"$work/names"
}

check_path() {
    [[ $1 == /* && $1/ != */../* ]] || die "$where: the path must be absolute and without '..': $1"
}

make_layer() { # FILE
    local file=$1 folder kind path a b c d number=0
    folder=$(dirname "$file")
    rm -rf "$work/tree" "$work/layer.tar" "$work/layer.tar.gz"
    mkdir "$work/tree"
    : >"$work/names"
    group_key="" group_mode="" group_uid="" group_gid=""
    while read -r kind path a b c d; do
        number=$((number + 1))
        where="$file:$number"
        [[ -z $kind || $kind == \#* ]] && continue
        check_path "$path"
        local target="$work/tree$path"
        case $kind in
            dir) mkdir "$target"; add "$path" "$a" "$b" "$c" ;;
            file) [[ $d == /* ]] || d="$folder/$d"; cp "$d" "$target"; add "$path" "$a" "$b" "$c" ;;
            empty) : >"$target"; add "$path" "$a" "$b" "$c" ;;
            fill) head -c "$d" < <(yes 'filler:x:65534:65534:filler:/:/bin/false' || true) >"$target"; add "$path" "$a" "$b" "$c" ;;
            fifo) mkfifo "$target"; add "$path" "$a" "$b" "$c" ;;
            program) compile "$folder" "$target" "$d"; add "$path" "$a" "$b" "$c" ;;
            busybox) check_busybox; cp "$busybox" "$target"; add "$path" "$a" "$b" "$c" ;;
            link) ln -s "$a" "$target"; add "$path" 0777 0 0 ;;
            applets)
                check_busybox
                local applet
                while read -r applet; do
                    [[ -e $target/$applet || $applet == busybox ]] && continue
                    ln -s "$a" "$target/$applet"
                    add "$path/$applet" 0777 0 0
                done < <("$busybox" --list | sort)
                ;;
            *) die "$where: unknown entry '$kind'" ;;
        esac
    done <"$file"
    flush
}

# --- one image: layers, configuration, manifest, index -----------------------------------------------------------

# put FILE: moves it among the blobs; answers its digest.
put() {
    local digest
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    mv "$1" "$layout/blobs/sha256/$digest"
    chmod 0644 "$layout/blobs/sha256/$digest"
    echo "$digest"
}

size_of() { stat -c %s "$layout/blobs/sha256/$1"; }

make_packages_layer() { # FILE
    local packages mirror
    packages=$(grep -v '^#' "$1" | tr -s '\n ' ',' | sed 's/,$//')
    rm -rf "$work/tree" "$work/layer.tar" "$work/layer.tar.gz"
    mirror=$(awk '/^URIs:/ && /debian\/?$/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
    [[ -n $mirror ]] || mirror=$(awk '$1 == "deb" && $2 ~ /debian\/?$/ { print $2; exit }' /etc/apt/sources.list 2>/dev/null || true)
    SOURCE_DATE_EPOCH=$epoch mmdebstrap --quiet --mode=root --variant=essential --format=tar --skip=output/dev \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='rm -rf "$1"/var/log/* "$1"/var/cache/* "$1"/etc/machine-id "$1"/var/lib/dbus "$1"/etc/ssl/private/ssl-cert-snakeoil.key' \
        --include="$packages" trixie "$work/layer.tar" "deb ${mirror:-http://deb.debian.org/debian} trixie main"
}

keep_layer() { # NAME LEVEL
    local diff_id digest
    diff_id=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
    gzip --no-name "$2" "$work/layer.tar"
    digest=$(sha256sum "$work/layer.tar.gz" | cut -d' ' -f1)
    mv "$work/layer.tar.gz" "$work/made/$digest"
    echo "$diff_id $digest" >>"$work/made/$1.new"
}

# Layers are made once, however many images stand on them: $work/made/NAME lists "DIFFID DIGEST" a line.
make_layers() { # NAME
    local name=$1 file
    [[ ! -f $work/made/$name ]] || return 0
    : >"$work/made/$name.new"
    if [[ -f $recipes/$name/packages ]]; then
        make_packages_layer "$recipes/$name/packages"
        keep_layer "$name" -6
    fi
    for file in "$recipes/$name"/layer "$recipes/$name"/layer.[0-9]*; do
        [[ -f $file ]] || continue
        make_layer "$file"
        keep_layer "$name" --best
    done
    mv "$work/made/$name.new" "$work/made/$name"
}

add_layers() { # NAME
    local name=$1 diff_id digest
    [[ ! -f $recipes/$name/base ]] || add_layers "$(<"$recipes/$name/base")"
    make_layers "$name"
    while read -r diff_id digest; do
        cp "$work/made/$digest" "$layout/blobs/sha256/$digest"
        diff_ids+=("\"sha256:$diff_id\"")
        descriptors+=("{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$digest\",\"size\":$(size_of "$digest")}")
    done <"$work/made/$name"
}

join() { local IFS=,; echo "$*"; }

build() { # NAME
    local name=$1 config manifest created
    [[ -f $recipes/$name/config.json ]] || die "no recipe $recipes/$name/config.json"
    layout=$work/layout
    rm -rf "$layout"
    mkdir -p "$layout/blobs/sha256"
    diff_ids=() descriptors=()
    add_layers "$name"
    ((${#diff_ids[@]})) || die "the recipe $name has no layer"

    created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
    printf '{"created":"%s","architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":[%s]}}' \
        "$created" "$architecture" "$(<"$recipes/$name/config.json")" "$(join "${diff_ids[@]}")" >"$work/config"
    config=$(put "$work/config")
    printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"sha256:%s","size":%d},"layers":[%s]}' \
        application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json \
        "$config" "$(size_of "$config")" "$(join "${descriptors[@]}")" >"$work/manifest"
    manifest=$(put "$work/manifest")
    printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"sha256:%s","size":%d,"annotations":{"io.containerd.image.name":"docker.io/library/%s:latest","org.opencontainers.image.ref.name":"latest"}}]}' \
        application/vnd.oci.image.index.v1+json application/vnd.oci.image.manifest.v1+json \
        "$manifest" "$(size_of "$manifest")" "$name" >"$layout/index.json"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"

    rm -rf "${out:?}/$name"
    mv "$layout" "$out/$name"
    echo "$out/$name"
}

(($# >= 1)) || die "usage: rootfs/build.sh OUTDIR [NAME…]"
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
if (($# == 0)); then
    mapfile -t names < <(cd "$recipes" && for file in */config.json; do [[ -f $(dirname "$file")/packages ]] || dirname "$file"; done)
    set -- "${names[@]}"
fi

# Beside the results, so that moving there is a rename.
work=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/made"
for name; do
    [[ $name =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "no recipe can be named '$name'"
    build "$name"
done

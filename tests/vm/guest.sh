#!/bin/bash
# usage: guest.sh DIRECTORY [GUEST] — builds DIRECTORY/GUEST.img and DIRECTORY/GUEST.vmlinuz once: Debian with systemd, pure
# cgroup v2 and its stock cloud kernel. GUEST is debian13, debian12, firewalls, which is Debian 13 with Docker and ufw,
# neither of them on, or tests, which has what the system tests call. At boot the guest mounts the payload disk, runs its run.sh, reports the output and the exit code over
# virtio ports, and powers off.
set -euo pipefail
directory=$1 guest=${2:-debian13}
here=$(cd "$(dirname "$0")" && pwd)
[ -s "$directory/$guest.img" ] && [ "$directory/$guest.img" -nt "$here/guest.sh" ] && exit 0

root=$directory/$guest suite=trixie
packages=systemd,systemd-sysv,dbus,udev,kmod,linux-image-cloud-amd64,nftables,iproute2,busybox-static,curl,haproxy,containernetworking-plugins,iptables,jq,ca-certificates,procps,util-linux,libseccomp2,apparmor
case $guest in
debian13) packages+=,selinux-policy-default ;;
debian12) suite=bookworm ;;
tests) packages+=,strace,python3,gcc,libc6-dev,e2fsprogs ;;
firewalls) packages+=,ufw,iptables,docker.io,docker-cli ;;
*) echo "guest.sh: there is no guest $guest" >&2; exit 2 ;;
esac
echo "guest: unpacking $guest"
"$here/debootstrap.sh" minbase "$root" "$packages" $suite
echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$root/etc/hosts"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
: >"$root/etc/fstab"
echo 00000000000000000000000000000001 >"$root/etc/machine-id"
sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
if [ $guest = debian13 ]; then
    # No file of the guest bears a label: where the policy is enforced, it is on containers, not on what runs the guest and them.
    printf '(typepermissive %s)\n' kernel_t container_engine_t >"$root/root/test_guest.cil"
    chroot "$root" semodule --noreload --store default --install /root/test_guest.cil
fi
mkdir -p "$root/etc/systemd/network" "$root/etc/systemd/journald.conf.d"
printf '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n' >"$root/etc/systemd/network/10-en.network"
printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/volatile.conf"
cat >"$root/usr/local/sbin/payload" <<'EOF'
#!/bin/sh
output=/dev/virtio-ports/insula.output code=/dev/virtio-ports/insula.code disk=/dev/disk/by-id/virtio-payload
tries=0
until [ -e $output ] && [ -b $disk ]; do
    sleep 0.1
    tries=$((tries + 1))
    [ $tries -lt 300 ] || break
done
mkdir -p /payload
mount -t ext4 $disk /payload
(cd /payload && exec /bin/bash ./run.sh) >$output 2>&1 </dev/null
echo $? >$code
# As a machine is shut down, where that is what is tested; else at once.
[ -e /payload/shutdown ] && exec systemctl poweroff --no-block
exec systemctl poweroff --force --force
EOF
chmod 755 "$root/usr/local/sbin/payload"
cat >"$root/etc/systemd/system/payload.service" <<'EOF'
[Unit]
Description=Run the payload of the test
After=systemd-networkd.service
[Service]
ExecStart=/usr/local/sbin/payload
Delegate=yes
TasksMax=infinity
[Install]
WantedBy=multi-user.target
EOF
chroot "$root" systemctl enable payload.service systemd-networkd.service >/dev/null 2>&1
[ $guest != firewalls ] || chroot "$root" systemctl disable ufw.service docker.service docker.socket containerd.service >/dev/null 2>&1
chroot "$root" systemctl set-default multi-user.target >/dev/null 2>&1
# What a test guest does without: under emulation each of them costs a second of boot.
chroot "$root" systemctl mask systemd-networkd-wait-online.service ldconfig.service systemd-journal-flush.service \
    systemd-random-seed.service systemd-logind.service getty@tty1.service serial-getty@ttyS0.service \
    apparmor.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer >/dev/null 2>&1
echo "guest: making the disk"
cp "$root"/boot/vmlinuz-* "$directory/$guest.vmlinuz"
rm -f "$directory/$guest.img.new"
truncate -s 2G "$directory/$guest.img.new"
mkfs.ext4 -q -F -O ^has_journal,^metadata_csum -E lazy_itable_init=1,nodiscard -m 0 -L root -d "$root" "$directory/$guest.img.new"
mv "$directory/$guest.img.new" "$directory/$guest.img"
rm -rf --one-file-system "$root"

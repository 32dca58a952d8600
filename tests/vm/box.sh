#!/bin/bash
# usage: box.sh DIRECTORY — makes DIRECTORY/insula.box once: Debian 13 for Vagrant's libvirt provider, so that
# `vagrant up` downloads nothing.
set -euo pipefail
directory=$1
here=$(cd "$(dirname "$0")" && pwd)
[ -s "$directory/insula.box" ] && [ "$directory/insula.box" -nt "$here/box.sh" ] && exit 0

work=$(mktemp -d "$directory/box.XXXXXX") loop=
cleanup() {
    ! mountpoint -q "$work/mount" || umount "$work/mount"
    [ -z "$loop" ] || losetup -d "$loop"
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT
root=$work/root
echo "box: unpacking Debian 13"
"$here/debootstrap.sh" minbase "$root" \
    systemd,systemd-sysv,dbus,udev,kmod,linux-image-cloud-amd64,openssh-server,sudo,nftables,iproute2,curl,ca-certificates,procps,util-linux,libseccomp2,libstdc++6,busybox-static,bash-completion
echo insula >"$root/etc/hostname"
printf '127.0.0.1 localhost insula\n::1 localhost\n' >"$root/etc/hosts"
: >"$root/etc/fstab"
chroot "$root" useradd -m -s /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' | install -m 440 /dev/stdin "$root/etc/sudoers.d/vagrant"
install -d -m 700 "$root/home/vagrant/.ssh"
# Vagrant's own well-known key: whoever may reach such a box is on this machine.
cp /usr/share/rubygems-integration/all/gems/vagrant-*/keys/vagrant.pub "$root/home/vagrant/.ssh/authorized_keys"
chmod 600 "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant: /home/vagrant/.ssh
mkdir -p "$root/etc/systemd/network"
printf '[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n[DHCPv4]\nClientIdentifier=mac\n' \
    >"$root/etc/systemd/network/10-en.network"
chroot "$root" systemctl enable systemd-networkd.service ssh.service >/dev/null 2>&1
chroot "$root" systemctl mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1
printf 'UseDNS no\n' >"$root/etc/ssh/sshd_config.d/vagrant.conf"

# The cloud kernel lacks virtio_blk, which is what the provider's disk needs to be found.
echo "box: making the disk"
initrd=$work/initrd
mkdir -p "$initrd"/{bin,proc,dev,root}
cp "$root/bin/busybox" "$initrd/bin/busybox"
ln -s busybox "$initrd/bin/sh"
xz -dc "$root"/lib/modules/*/kernel/drivers/block/virtio_blk.ko.xz >"$initrd/virtio_blk.ko"
cat >"$initrd/init" <<'INIT'
#!/bin/sh
busybox=/bin/busybox
$busybox mount -t devtmpfs dev /dev
$busybox insmod /virtio_blk.ko
tries=0
until [ -b /dev/vda1 ] || [ $tries = 200 ]; do
    $busybox usleep 50000
    tries=$((tries + 1))
done
$busybox mount -t ext4 -o rw /dev/vda1 /root || exec $busybox sh
$busybox mount --move /dev /root/dev
exec $busybox switch_root /root /sbin/init
INIT
chmod 755 "$initrd/init"
rm -f "$root"/boot/initrd.img-*
(cd "$initrd" && find . | cpio -o -H newc --quiet -R 0:0) | gzip -1 >"$root/boot/initrd.gz"
mkdir -p "$root/boot/extlinux"
cat >"$root/boot/extlinux/extlinux.conf" <<CONF
DEFAULT insula
PROMPT 0
LABEL insula
  KERNEL /boot/$(basename "$root"/boot/vmlinuz-*)
  INITRD /boot/initrd.gz
  APPEND root=/dev/vda1 rw net.ifnames=0 console=tty0 console=ttyS0 quiet
CONF
image=$work/box.raw
truncate -s 4G "$image"
echo '2048,,L,*' | sfdisk -q "$image"
dd if=/usr/lib/EXTLINUX/mbr.bin of="$image" conv=notrunc status=none
mkfs.ext4 -q -F -O ^metadata_csum,^64bit -m 0 -L root -E offset=1048576,lazy_itable_init=1 -d "$root" "$image" $((4 * 1024 * 1024 - 1024))k
loop=$(losetup -f --show -o 1048576 "$image")
mkdir "$work/mount"
mount "$loop" "$work/mount"
extlinux --install "$work/mount/boot/extlinux" >/dev/null 2>&1
umount "$work/mount"
losetup -d "$loop"
loop=
mkdir "$work/box"
qemu-img convert -c -O qcow2 "$image" "$work/box/box.img"
echo '{"provider":"libvirt","format":"qcow2","virtual_size":4}' >"$work/box/metadata.json"
printf 'Vagrant.configure("2") do |config|\n  config.vm.provider :libvirt do |libvirt|\n    libvirt.disk_bus = "virtio"\n  end\nend\n' >"$work/box/Vagrantfile"
tar -C "$work/box" -cf "$directory/insula.box.new" metadata.json Vagrantfile box.img
mv "$directory/insula.box.new" "$directory/insula.box"

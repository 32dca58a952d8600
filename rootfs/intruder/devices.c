// Devices: whether a node can be made, and whether what it stands for can be opened.
#define _GNU_SOURCE
#include "attempt.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum
{
    HIGHEST_MAJOR = 511,
    MISC = 10, // whose minors are devices of their own; one of them is the watchdog, which an open starts
};

static const char *scratch(void)
{
    return access("/dev", W_OK) == 0 ? "/dev/intruder-node" : "/tmp/intruder-node";
}

static int make_and_open(mode_t type, unsigned major, unsigned minor)
{
    const char *path = scratch();
    if (mknod(path, type | 0600, makedev(major, minor)) < 0)
        return -1;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), error = errno;
    unlink(path);
    errno = error;
    return fd;
}

static void try_device(const char *what, mode_t type, unsigned major, unsigned minor)
{
    char name[128];
    // Memory devices are in every kernel; what else there is differs from machine to machine.
    bool everywhere = type == S_IFCHR && major == 1 && (minor == 3 || minor == 5 || minor == 8);
    snprintf(
        name, sizeof name, "%smknod and open %s %u:%u %s", everywhere ? "" : "~", type == S_IFBLK ? "block" : "char", major, minor, what);
    TRY(name, make_and_open(type, major, minor));
}

static int any_of(mode_t type)
{
    // Where the kernel's log opens there is no list to be kept to; and an open is not always harmless: it starts a watchdog.
    int most = EPERM, listed = make_and_open(S_IFCHR, 1, 11);
    if (listed >= 0 || errno != EPERM)
        return listed;
    // ENXIO and ENODEV would mean: allowed, but nothing is there.
    for (unsigned major = type == S_IFBLK ? 0 : 2; major <= HIGHEST_MAJOR; major++)
    {
        if (major == MISC || (type == S_IFCHR && (major == 5 || major == 136)))
            continue;
        int fd = make_and_open(type, major, 0);
        if (fd >= 0)
            return 0;
        if (errno != EPERM)
            most = errno;
    }
    errno = most;
    return -1;
}

void try_devices(void)
{
    TRY("mknod fifo", mknod("/tmp/intruder-fifo", S_IFIFO | 0600, 0) < 0 ? -1 : unlink("/tmp/intruder-fifo"));
    try_device("mem", S_IFCHR, 1, 1);
    try_device("null", S_IFCHR, 1, 3);
    try_device("port", S_IFCHR, 1, 4);
    try_device("zero", S_IFCHR, 1, 5);
    try_device("random", S_IFCHR, 1, 8);
    try_device("kmsg", S_IFCHR, 1, 11);
    try_device("tty0", S_IFCHR, 4, 0);
    try_device("ttyS0", S_IFCHR, 4, 64);
    try_device("console", S_IFCHR, 5, 1);
    try_device("uinput", S_IFCHR, 10, 223);
    try_device("tun", S_IFCHR, 10, 200);
    try_device("fuse", S_IFCHR, 10, 229);
    try_device("kvm", S_IFCHR, 10, 232);
    try_device("loop-control", S_IFCHR, 10, 237);
    try_device("btrfs-control", S_IFCHR, 10, 234);
    try_device("vhost-net", S_IFCHR, 10, 238);
    try_device("input", S_IFCHR, 13, 0);
    try_device("framebuffer", S_IFCHR, 29, 0);
    try_device("dri", S_IFCHR, 226, 0);
    try_device("loop0", S_IFBLK, 7, 0);
    try_device("sda", S_IFBLK, 8, 0);
    try_device("dm-0", S_IFBLK, 253, 0);
    try_device("vda", S_IFBLK, 254, 0);
    try_device("nvme0n1", S_IFBLK, 259, 0);
    TRY_IF_BUILT("mknod and open char, every other major", any_of(S_IFCHR));
    TRY_IF_BUILT("mknod and open block, every major", any_of(S_IFBLK));
}

#define _GNU_SOURCE
#include "terminal.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int terminal_open(uint32_t owner, int ends[2], struct fail *f)
{
    struct stat st;
    struct statfs fs;
    int unlock = 0;
    // The container's own devpts, verified: any path in there may have been prepared by the image.
    cleanup_fd int master =
        k_openat2(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0, weak("terminal") ? 0 : K_RESOLVE_NO_SYMLINKS);
    if (master < 0 || fstat(master, &st) < 0 || fstatfs(master, &fs) < 0)
        return fail_set(f, "terminal", errno, "/dev/pts/ptmx");
    if (!weak("terminal") && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) || fs.f_type != K_DEVPTS_SUPER_MAGIC))
        return fail_set(f, "terminal", ENODEV, "/dev/pts/ptmx is not a devpts multiplexer");
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
        return fail_set(f, "terminal", errno, "unlocking");
    // By ioctl, not by name: /dev/pts/N could be anything.
    cleanup_fd int terminal = ioctl(master, K_TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return fail_set(f, "terminal", errno, "opening the peer");
    if (fchown(terminal, owner, (gid_t)-1) < 0)
        return fail_set(f, "terminal", errno, "owner");
    ends[0] = take_fd(&master);
    ends[1] = take_fd(&terminal);
    return 0;
}

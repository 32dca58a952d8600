#define _GNU_SOURCE
#include "kernel.h"
#include "util.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

pid_t k_clone3(struct k_clone_args *args)
{
    return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

pid_t k_clone(unsigned long flags, int *pidfd)
{
    return (pid_t)syscall(SYS_clone, flags | K_CLONE_PIDFD | SIGCHLD, 0, pidfd, 0, 0);
}

int k_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct
    {
        uint64_t flags, mode, resolve;
    } how = {flags, mode, resolve};
    int fd;
    // RESOLVE_IN_ROOT and RESOLVE_BENEATH answer EAGAIN when a rename raced with "..": the kernel asks for another try.
    for (int tries = 0; tries < 128; tries++)
    {
        fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            return fd;
    }
    return fd;
}

int k_open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, dir, path, flags);
}

int k_move_mount(int from, int to)
{
    return (int)syscall(SYS_move_mount, from, "", to, "", K_MOVE_MOUNT_F_EMPTY_PATH | K_MOVE_MOUNT_T_EMPTY_PATH);
}

int k_mount_setattr(int dir, const char *path, unsigned flags, struct k_mount_attr *attr)
{
    return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

int k_fsopen(const char *type)
{
    return (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);
}

int k_fsconfig(int fs, unsigned cmd, const char *key, const char *value)
{
    return (int)syscall(SYS_fsconfig, fs, cmd, key, value, 0);
}

int k_fsmount(int fs, unsigned attributes)
{
    return (int)syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, attributes);
}

int k_pivot_root(const char *root, const char *old)
{
    return (int)syscall(SYS_pivot_root, root, old);
}

int k_pidfd_send_signal(int pidfd, int signal)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int k_close_range(unsigned first, unsigned last, unsigned flags)
{
    return (int)syscall(SYS_close_range, first, last, flags);
}

struct cap_header
{
    uint32_t version;
    int pid;
};

struct cap_data
{
    uint32_t effective, permitted, inheritable;
};

#define CAP_VERSION_3 0x20080522

int k_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct cap_header header = {CAP_VERSION_3, 0};
    struct cap_data data[2];
    for (int i = 0; i < 2; i++)
        data[i] =
            (struct cap_data){(uint32_t)(effective >> (32 * i)), (uint32_t)(permitted >> (32 * i)), (uint32_t)(inheritable >> (32 * i))};
    return (int)syscall(SYS_capset, &header, data);
}

int k_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable)
{
    struct cap_header header = {CAP_VERSION_3, 0};
    struct cap_data data[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

int k_hide_memory(void)
{
    return weak("dumpable") ? 0 : prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int k_seccomp_filter(const void *instructions, unsigned count, unsigned flags)
{
    struct
    {
        unsigned short length;
        const void *filter;
    } program = {(unsigned short)count, instructions};
    return (int)syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, flags, &program);
}

// System calls and constants that musl does not wrap. Names follow the kernel; the k_ prefix keeps them apart from a libc
// that does wrap some of them (the sanitizer builds use glibc).
#pragma once
#include <stdint.h>
#include <sys/types.h>

struct k_clone_args
{
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

struct k_mount_attr
{
    uint64_t attr_set, attr_clr, propagation, userns_fd;
};

#define K_CLONE_PIDFD 0x00001000ULL
#define K_CLONE_NEWNS 0x00020000ULL
#define K_CLONE_NEWCGROUP 0x02000000ULL
#define K_CLONE_NEWUTS 0x04000000ULL
#define K_CLONE_NEWIPC 0x08000000ULL
#define K_CLONE_NEWUSER 0x10000000ULL
#define K_CLONE_NEWPID 0x20000000ULL
#define K_CLONE_NEWNET 0x40000000ULL
#define K_CLONE_INTO_CGROUP 0x200000000ULL

#define K_RESOLVE_NO_XDEV 0x01
#define K_RESOLVE_NO_MAGICLINKS 0x02
#define K_RESOLVE_NO_SYMLINKS 0x04
#define K_RESOLVE_BENEATH 0x08
#define K_RESOLVE_IN_ROOT 0x10

#define K_OPEN_TREE_CLONE 1
#define K_AT_RECURSIVE 0x8000
#define K_MOVE_MOUNT_F_EMPTY_PATH 0x04
#define K_MOVE_MOUNT_T_EMPTY_PATH 0x40

#define K_FSCONFIG_SET_FLAG 0
#define K_FSCONFIG_SET_STRING 1
#define K_FSCONFIG_CMD_CREATE 6

#define K_MOUNT_ATTR_RDONLY 0x01
#define K_MOUNT_ATTR_NOSUID 0x02
#define K_MOUNT_ATTR_NODEV 0x04
#define K_MOUNT_ATTR_NOEXEC 0x08
#define K_MOUNT_ATTR_IDMAP 0x00100000

#define K_NS_GET_NSTYPE 0xb703
#define K_TIOCGPTPEER 0x5441

#define K_PROC_SUPER_MAGIC 0x9fa0
#define K_DEVPTS_SUPER_MAGIC 0x1cd1
#define K_CGROUP2_SUPER_MAGIC 0x63677270
#define K_CGROUP_SUPER_MAGIC 0x27e0eb

#define K_CLOSE_RANGE_CLOEXEC 4

// Each returns -1 with errno set, as a libc wrapper would.
pid_t k_clone3(struct k_clone_args *args);
// clone(2), which seccomp filters let pass where clone3 hides its flags from them. *pidfd is the child's descriptor.
pid_t k_clone(unsigned long flags, int *pidfd);
int k_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int k_open_tree(int dir, const char *path, unsigned flags);
int k_move_mount(int from, int to);
int k_mount_setattr(int dir, const char *path, unsigned flags, struct k_mount_attr *attr);
int k_fsopen(const char *type);
int k_fsconfig(int fs, unsigned cmd, const char *key, const char *value);
int k_fsmount(int fs, unsigned attributes);
int k_pivot_root(const char *root, const char *old);
int k_pidfd_send_signal(int pidfd, int signal);
int k_close_range(unsigned first, unsigned last, unsigned flags);
int k_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int k_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
// Not dumpable: neither traced nor read by its neighbours, but for a holder of CAP_SYS_PTRACE. prctl(2).
int k_hide_memory(void);
int k_seccomp_filter(const void *instructions, unsigned count, unsigned flags);

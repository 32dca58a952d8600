// System calls that reach beyond a container. Arguments are such that a call which is let through does no harm: it is refused for
// them, and that refusal (EINVAL, EBADF, ENOENT, ENOEXEC …) shows that the permission was there.
#define _GNU_SOURCE
#include "attempt.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// Newer than the C library, and the same on every architecture.
enum
{
    NR_pidfd_open = 434,
    NR_open_tree = 428,
    NR_fsopen = 430,
    NR_io_uring_setup = 425,
    NR_clone3 = 435,
    NR_pidfd_getfd = 438,
    NR_process_madvise = 440,
    NR_mount_setattr = 442,
    NR_quotactl_fd = 443,
    NR_memfd_secret = 447,
};

#define NOWHERE "/intruder-finds-nothing-here"

struct file_handle_space
{
    unsigned bytes;
    int type;
    unsigned char handle[128];
};

static long clone_process(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid;
}

static long clone3_process(uint64_t flags)
{
    uint64_t arguments[11] = {[0] = flags, [4] = SIGCHLD};
    long pid = syscall(NR_clone3, arguments, sizeof arguments);
    if (pid == 0)
        _exit(0);
    return pid;
}

static int mount_and_unmount(const char *type)
{
    return mount("none", "/tmp", type, 0, NULL) < 0 ? -1 : umount2("/tmp", MNT_DETACH);
}

static int enter_own(const char *namespace)
{
    int fd = open(namespace, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : setns(fd, 0);
}

static int open_root_by_handle(void)
{
    struct file_handle_space space = {.bytes = sizeof space.handle};
    int mount, root = open("/dev", O_RDONLY | O_DIRECTORY);
    if (root < 0 || syscall(SYS_name_to_handle_at, root, "", &space, &mount, AT_EMPTY_PATH) < 0)
        return -1;
    return (int)syscall(SYS_open_by_handle_at, root, &space, O_RDONLY);
}

static long set_host_name(int call)
{
    char name[65] = "";
    gethostname(name, sizeof name - 1);
    return syscall(call, name, strlen(name));
}

static long load_filter_program(void)
{
    // r0 = 0; exit: a socket filter, the least of programs.
    static const uint64_t code[] = {0xb7, 0x95};
    uint64_t attributes[16] = {[0] = 1 | (uint64_t)2 << 32, [1] = (uintptr_t)code, [2] = (uintptr_t) "GPL"};
    return syscall(SYS_bpf, 5, attributes, sizeof attributes);
}

static long open_software_event(void)
{
    uint32_t attributes[32] = {[0] = 1, [1] = sizeof attributes};
    return syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0);
}

static long read_memory_of(pid_t pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    return syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
}

static int wrong_tick(void)
{
    struct timex change = {.modes = ADJ_TICK, .tick = 1};
    return adjtimex(&change);
}

static int raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        return -1;
    limit.rlim_max = limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? RLIM_INFINITY : limit.rlim_max + 4096;
    return setrlimit(RLIMIT_MEMLOCK, &limit);
}

static long set_real_time(void)
{
    struct sched_param parameters = {.sched_priority = 1};
    return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters);
}

static void try_namespaces(void)
{
    static const struct
    {
        const char *name;
        unsigned long flag;
    } kinds[] = {{"CLONE_NEWUSER", CLONE_NEWUSER}, {"CLONE_NEWNS", CLONE_NEWNS}, {"CLONE_NEWNET", CLONE_NEWNET},
        {"CLONE_NEWPID", CLONE_NEWPID}, {"CLONE_NEWIPC", CLONE_NEWIPC}, {"CLONE_NEWUTS", CLONE_NEWUTS}, {"CLONE_NEWCGROUP", 0x02000000}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
        char name[64] = "unshare ";
        TRY(strcat(name, kinds[i].name), unshare((int)kinds[i].flag));
        strcpy(name, "clone ");
        TRY(strcat(name, kinds[i].name), clone_process(kinds[i].flag));
    }
    TRY("unshare CLONE_NEWTIME", unshare(0x80));
    TRY("clone3 CLONE_NEWUSER", clone3_process(CLONE_NEWUSER));
    TRY("setns own network namespace", enter_own("/proc/self/ns/net"));
    TRY("setns own mount namespace", enter_own("/proc/self/ns/mnt"));
}

static void try_mounts(void)
{
    TRY("mount tmpfs", mount_and_unmount("tmpfs"));
    TRY("mount proc", mount_and_unmount("proc"));
    TRY("mount sysfs", mount_and_unmount("sysfs"));
    TRY_IF_BUILT("mount cgroup2", mount_and_unmount("cgroup2"));
    TRY("mount bind", mount("/", "/tmp", NULL, MS_BIND, NULL) < 0 ? -1 : umount2("/tmp", MNT_DETACH));
    TRY("mount remount root", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    TRY("umount", umount2("/tmp", 0));
    TRY("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    TRY("chroot", chroot("/"));
    TRY("fsopen", syscall(NR_fsopen, "tmpfs", 0));
    TRY("open_tree clone", syscall(NR_open_tree, AT_FDCWD, "/", 1));
    TRY("mount_setattr", syscall(NR_mount_setattr, AT_FDCWD, "/", 0, NULL, 0));
    TRY_IF_BUILT("open_by_handle_at", open_root_by_handle());
}

static void try_machine(void)
{
    TRY_IF_BUILT("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, ~0UL));
    TRY_IF_BUILT("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 1, "", ~0UL));
    TRY_IF_BUILT("init_module", syscall(SYS_init_module, NULL, 0, ""));
    TRY_IF_BUILT("finit_module", syscall(SYS_finit_module, -1, "", 0));
    TRY_IF_BUILT("delete_module", syscall(SYS_delete_module, "intruder_finds_nothing", O_NONBLOCK));
    TRY("swapon", syscall(SYS_swapon, NOWHERE, 0));
    TRY("swapoff", syscall(SYS_swapoff, NOWHERE));
    TRY("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    TRY("settimeofday", syscall(SYS_settimeofday, NULL, NULL));
    TRY("clock_settime", syscall(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){.tv_nsec = -1}));
    TRY("adjtimex", wrong_tick());
    TRY("acct", syscall(SYS_acct, NOWHERE));
    TRY_IF_BUILT("quotactl", syscall(SYS_quotactl, 0x800001 << 8, NULL, 0, NULL));
    TRY_IF_BUILT("quotactl_fd", syscall(NR_quotactl_fd, -1, 0x800001 << 8, 0, NULL));
    TRY("syslog", syscall(SYS_syslog, 8, NULL, 0));
    TRY("sethostname", set_host_name(SYS_sethostname));
    TRY("setdomainname", set_host_name(SYS_setdomainname));
    TRY("vhangup", syscall(SYS_vhangup));
#ifdef SYS_iopl
    TRY_IF_BUILT("iopl", syscall(SYS_iopl, 3));
    TRY_IF_BUILT("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
    TRY_IF_BUILT("modify_ldt", syscall(SYS_modify_ldt, 0, NULL, 0));
#endif
}

static void try_kernel_surface(void)
{
    TRY("add_key", syscall(SYS_add_key, "user", "intruder", "x", 1, -3));
    TRY("request_key", syscall(SYS_request_key, "user", "intruder", NULL, 0));
    TRY("keyctl", syscall(SYS_keyctl, 0, -3, 0));
    TRY_IF_BUILT("bpf", load_filter_program());
    TRY_IF_BUILT("perf_event_open", open_software_event());
    TRY_IF_BUILT("userfaultfd", syscall(SYS_userfaultfd, 0));
    TRY_IF_BUILT("io_uring_setup", syscall(NR_io_uring_setup, 1, (char[256]){0}));
    TRY_IF_BUILT("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
    TRY_IF_BUILT("memfd_secret", syscall(NR_memfd_secret, 0));
    TRY("personality ADDR_NO_RANDOMIZE", personality(ADDR_NO_RANDOMIZE));
    TRY_IF_BUILT("lookup_dcookie", syscall(SYS_lookup_dcookie, 0, NULL, 0));
    TRY_IF_BUILT("ustat", syscall(SYS_ustat, 0, NULL));
    TRY("mbind", syscall(SYS_mbind, NULL, 0, 0, NULL, 0, 0));
    TRY("move_pages", syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0));
}

static void try_processes(void)
{
    TRY("ptrace PTRACE_TRACEME", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    TRY("ptrace PTRACE_SEIZE of the parent", ptrace(0x4206, getppid(), NULL, NULL));
    TRY("process_vm_readv of the parent", read_memory_of(getppid()));
    TRY("kcmp", syscall(SYS_kcmp, getpid(), getppid(), 3, 0, 0));
    TRY("pidfd_getfd", syscall(NR_pidfd_getfd, syscall(NR_pidfd_open, getppid(), 0), 0, 0));
    TRY("process_madvise", syscall(NR_process_madvise, -1, NULL, 0, 0, 0));
    TRY("setpriority -5", setpriority(PRIO_PROCESS, 0, -5));
    TRY_IF_BUILT("sched_setscheduler SCHED_FIFO", set_real_time());
    TRY_IF_BUILT("setrlimit above the hard limit", raise_limit());
}

static void try_privileges(void)
{
    TRY("setuid 0", setuid(0));
    TRY("setgid 0", setgid(0));
    TRY("setuid 12345", setuid(12345));
    TRY("prctl PR_CAPBSET_DROP", prctl(PR_CAPBSET_DROP, 0, 0, 0, 0));
    TRY("prctl PR_CAP_AMBIENT_RAISE CAP_SYS_ADMIN", prctl(47, 2, 21, 0, 0));
    TRY("prctl PR_SET_SECUREBITS", prctl(PR_SET_SECUREBITS, 1, 0, 0, 0));
    TRY_IF_BUILT("prctl PR_SET_MM", prctl(PR_SET_MM, 0, 0, 0, 0));
    TRY("prctl PR_SET_NO_NEW_PRIVS off", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    TRY("chown to another user", chown("/tmp", 12345, 12345) < 0 ? -1 : chown("/tmp", 0, 0));
    TRY("write to a file of root", open("/etc/passwd", O_WRONLY));
    TRY("create a file in the root", mkdir("/intruder", 0700) < 0 ? -1 : rmdir("/intruder"));
}

void try_calls(void)
{
    try_namespaces();
    try_mounts();
    try_machine();
    try_kernel_surface();
    try_processes();
    try_privileges();
}

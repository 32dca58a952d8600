#define _GNU_SOURCE
#include "init.h"
#include "kernel.h"
#include "mounts.h"
#include "namespaces.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct instruction
{
    uint16_t code;
    uint8_t jump_true, jump_false;
    uint32_t k;
};

// x86-64 and arm64 differ only in numbers, which the compiler knows; the architecture itself is fixed by the program's.
static int lock_down(struct fail *f)
{
    static const struct instruction filter[] = {
        {0x20, 0, 0, 0}, // load the system call's number
        {0x15, 4, 0, SYS_wait4}, {0x15, 3, 0, SYS_rt_sigtimedwait}, {0x15, 2, 0, SYS_restart_syscall}, {0x15, 1, 0, SYS_exit_group},
        {0x06, 0, 0, 0x80000000}, // SECCOMP_RET_KILL_PROCESS
        {0x06, 0, 0, 0x7fff0000}, // SECCOMP_RET_ALLOW
    };
    if (k_seccomp_filter(filter, sizeof filter / sizeof *filter, 0) < 0)
        return fail_set(f, "pod-init", errno, "seccomp");
    return 0;
}

static int init_steps(const struct sandbox *s, const struct sandbox_plan *plan, const int *fds, int status, int *proc, struct fail *f)
{
    static const char *const options[] = {"mode", "555", "size", "4k", "nr_inodes", "1", "ro", NULL, NULL};
    // Its neighbours read /proc/1/net without asking: what stands there is the pod's, not the host's.
    if (placement_enter(plan->init.tasks, plan->init.task_count, fds, f) < 0 || namespaces_join(s, f) < 0)
        return -1;
    if (s->user >= 0 && namespaces_enter_user(s, K_CLONE_NEWNS | K_CLONE_NEWPID, status, f) < 0)
        return -1;
    if (setsid() < 0)
        return fail_set(f, "pod-init", errno, "setsid");
    // A procfs tells of the PID namespace that it was made in.
    if (s->user < 0 && (*proc = mount_new("proc", NULL, K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV | K_MOUNT_ATTR_NOEXEC, f)) < 0)
        return -1;
    cleanup_fd int root =
        mount_new("tmpfs", options, K_MOUNT_ATTR_RDONLY | K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV | K_MOUNT_ATTR_NOEXEC, f);
    cleanup_fd int below = root < 0 ? -1 : open("/rootfs", O_PATH | O_CLOEXEC);
    if (below < 0)
        return root < 0 ? -1 : fail_set(f, "pod-init", errno, "/rootfs");
    if (mount_attach(root, below, "the empty root", f) < 0 || mount_pivot(root, f) < 0)
        return -1;
    process_title("pod-init");
    return process_drop_all(65534, f);
}

static _Noreturn void reap_for_ever(void)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    // SIGCHLD is blocked since the shim's start, so none is lost between the last wait and the sleep.
    for (;;)
    {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        sigwaitinfo(&child, NULL);
    }
}

static _Noreturn void run(const struct sandbox *s, const struct sandbox_plan *plan, const int *fds, int status)
{
    struct fail f = {0};
    const struct record ready = {.kind = 'r'};
    int proc = -1;
    if (init_steps(s, plan, fds, status, &proc, &f) == 0)
    {
        // The report is written before the descriptors go; the filter comes last and allows no write.
        record_send_fds(status, &ready, &proc, proc >= 0);
        k_close_range(0, ~0U, 0);
        if (lock_down(&f) == 0)
            reap_for_ever();
        _exit(126);
    }
    record_send(status, 'e', &f);
    _exit(127);
}

static int attach_proc(int proc, struct fail *f)
{
    cleanup_fd int place = open(POD_PROC, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int result = place < 0 ? fail_set(f, "pod-root", errno, POD_PROC) : mount_attach(proc, place, POD_PROC, f);
    close(proc);
    return result;
}

int pod_init_start(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    int channel[2], passed[2];
    struct record r;
    bool ready = false, failed = false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail_set(f, "pod-init", errno, "socketpair");
    cleanup_fd int reader = channel[0];
    cleanup_fd int writer = channel[1];
    struct k_clone_args args = {.flags = K_CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&s->init_pidfd};
    if (s->user < 0)
        args.flags |= K_CLONE_NEWNS | K_CLONE_NEWPID;
    if (plan->init.cgroup >= 0)
    {
        args.flags |= K_CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)fds[plan->init.cgroup];
    }
    s->init_pid = k_clone3(&args);
    if (s->init_pid < 0)
        return fail_set(f, "pod-init", errno, "clone3");
    if (s->init_pid == 0)
        run(s, plan, fds, writer);
    close_fd(&writer);
    while (record_receive(reader, &r, passed, true) == 1)
    {
        if (r.kind == 'c' && passed[0] >= 0)
        {
            s->init_pid = r.code;
            close_fd(&s->init_pidfd);
            s->init_pidfd = passed[0];
        }
        if (r.kind == 'r')
            ready = passed[0] < 0 || attach_proc(passed[0], f) == 0;
        if (r.kind == 'e')
            *f = r.fail;
        failed = failed || f->err;
    }
    if (failed)
        return -1;
    if (!ready)
        return fail_set(f, "pod-init", ESRCH, "it died while starting");
    // A descriptor of the namespace itself: entering by the process would fail with another reason once it is gone.
    return (s->init_ns = namespace_open(s, s->init_pid, "pid", f)) < 0 ? -1 : 0;
}

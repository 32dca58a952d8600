#define _GNU_SOURCE
#include "launch.h"
#include "failpoint.h"
#include "kernel.h"
#include "logs.h"
#include "mounts.h"
#include "namespaces.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

// Among processes that may trace it, the launcher would lend them what it has: it works outside and is born there last.
static bool is_born_late(const struct launch *l)
{
    return l->plan->pid == PID_POD && l->sandbox->traced;
}

// One of the container's own, which is there once its root is ours.
static int open_terminal(const struct launch *l, struct process_stdio *stdio, struct fail *f)
{
    struct record opened = {.kind = 't'};
    int ends[2];
    if (terminal_open(l->plan->process.uid, ends, f) < 0)
        return -1;
    if (record_send_fds(l->status, &opened, ends, 2) < 0)
        return fail_set(f, "terminal", errno, "handing it to the shim");
    close(ends[0]);
    *stdio = (struct process_stdio){ends[1], ends[1], ends[1]};
    failpoint("shim.launch.terminal-opened");
    return 0;
}

static int launch_steps(const struct launch *l, struct fail *f)
{
    const struct container_plan *plan = l->plan;
    const struct sandbox *s = l->sandbox;
    struct process_stdio stdio = l->stdio;
    umask(0);
    // Before the cgroup namespace, whose root is where we stand when it is made.
    if (placement_enter(plan->placement.tasks, plan->placement.task_count, l->fds, f) < 0)
        return -1;
    if (namespaces_join(s, f) < 0)
        return -1;
    if (plan->new_cgroupns && unshare((int)K_CLONE_NEWCGROUP) < 0)
        return fail_set(f, "namespace", errno, "cgroup");
    if (process_own_files(&plan->process, s->proc, l->status, f) < 0)
        return -1;
    cleanup_fd int null = open("/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return fail_set(f, "stdio", errno, "/null");
    stdio.in = stdio.in < 0 ? null : stdio.in;
    stdio.out = stdio.out < 0 ? null : stdio.out;
    stdio.err = stdio.err < 0 ? null : stdio.err;
    if (plan->log_path)
    {
        struct record opened = {.kind = 'l'};
        int log[2];
        if (log_open(plan->log_path, log, f) < 0)
            return -1;
        if (record_send_fds(l->status, &opened, log, 2) < 0)
            return fail_set(f, "log", errno, "handing it to the shim");
        close(log[0]);
        close(log[1]);
        failpoint("shim.launch.log-opened");
    }
    cleanup_fd int root = rootfs_build(plan, s, l->fds, f);
    if (root >= 0 && failpoint_fails("shim.launch.rootfs-built"))
        return fail_set(f, "launch", EIO, "failpoint");
    if (root < 0 || process_prepare(&plan->process, stdio, s->first_id, f) < 0)
        return -1;
    if (s->user >= 0)
    {
        uint64_t owned = K_CLONE_NEWNS | (plan->new_cgroupns ? K_CLONE_NEWCGROUP : 0) | (plan->pid == PID_PRIVATE ? K_CLONE_NEWPID : 0);
        close_fd(&root);
        if (namespaces_enter_user(s, owned, l->status, f) < 0 || (root = rootfs_finish(plan, f)) < 0)
            return -1;
    }
    if (process_new_keyring(f) < 0 || mount_pivot(root, f) < 0 || (plan->tty && open_terminal(l, &stdio, f) < 0))
        return -1;
    if (is_born_late(l))
    {
        if (sandbox_enter_pid(s, s->init_ns, f) < 0 || process_become(&plan->process, l->fds, stdio, l->status, f) < 0 ||
            process_settle(&plan->process, f) < 0 || process_keep_only(&l->status, 1, f) < 0 || process_go_on(0, l->status, f) < 0)
            return -1;
    }
    if (setsid() < 0)
        return fail_set(f, "setsid", errno, "setsid");
    if (plan->tty && ioctl(is_born_late(l) ? 0 : stdio.in, TIOCSCTTY, 0) < 0)
        return fail_set(f, "terminal", errno, "TIOCSCTTY");
    return is_born_late(l) ? process_run(&plan->process, l->status, f) : process_exec(&plan->process, l->fds, stdio, l->status, f);
}

pid_t launch_clone(const struct launch *l, int *pidfd, struct fail *f)
{
    const struct placement *place = &l->plan->placement;
    struct k_clone_args args = {.flags = K_CLONE_NEWNS | K_CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)pidfd};
    // With a user namespace the PID namespace is made later, inside of it.
    if (l->plan->pid == PID_PRIVATE && l->sandbox->user < 0)
        args.flags |= K_CLONE_NEWPID;
    if (place->cgroup >= 0)
    {
        args.flags |= K_CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)l->fds[place->cgroup];
    }
    bool shared = l->plan->pid == PID_POD || l->plan->pid == PID_CONTAINER;
    if (shared)
    {
        int ns = l->plan->pid == PID_POD ? l->sandbox->init_ns : l->target;
        if (ns < 0)
            return fail_set(f, "pid-namespace", EINVAL, "the sandbox was set up without --pid pod");
        if (!is_born_late(l) && sandbox_enter_pid(l->sandbox, ns, f) < 0)
            return -1;
    }
    pid_t pid = k_clone3(&args);
    if (pid == 0)
    {
        struct fail failed = {0};
        launch_steps(l, &failed);
        record_send(l->status, 'e', &failed);
        process_leave(127);
    }
    int saved = errno;
    if (shared && !is_born_late(l))
        sandbox_leave_pid(l->sandbox);
    return pid > 0 ? pid : fail_set(f, "clone", saved, "clone3");
}

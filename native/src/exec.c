// Three processes: the shim; the helper, born in the container's PID namespace, parent and subreaper of the command's tree,
// so that killing the tree leaves no zombie to a PID 1 that does not reap; and the command.
// The helper stays in the shim's cgroups: what kills the command's cgroup must not kill the one who reaps it, and it must
// be able to clone into cgroups that lie outside of a cgroup namespace (nsdelegate, cgroups(7)).
#define _GNU_SOURCE
#include "exec.h"
#include "kernel.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct helper
{
    const struct exec_launch *l;
    int master, terminal;
    int procs; // of the command's cgroup2 group; for one who was born late
    pid_t command;
    int command_pidfd;
};

// Where a neighbour may trace, the helper works outside until it holds nothing that the command does not: it is born among the
// container's processes last, with the command's own credentials and filter. Otherwise it comes first and sheds later, which
// is quicker: clone3 puts the command into its cgroup where moving waits for all processors.
static bool is_born_late(const struct exec_launch *l)
{
    return l->sandbox->traced;
}

static int open_terminal(struct helper *h, struct fail *f)
{
    int ends[2];
    if (terminal_open(h->l->sandbox->first_id + h->l->plan->process.uid, ends, f) < 0)
        return -1;
    h->master = ends[0];
    h->terminal = ends[1];
    return 0;
}

static struct process_stdio command_stdio(const struct helper *h)
{
    const struct exec_launch *l = h->l;
    int streams[3];
    if (l->plan->tty)
        return (struct process_stdio){h->terminal, h->terminal, h->terminal};
    for (int i = 0; i < 3; i++)
        streams[i] = l->plan->stdio[i] >= 0 ? l->fds[l->plan->stdio[i]] : i; // the helper's own 0–2 are the null device
    return (struct process_stdio){streams[0], streams[1], streams[2]};
}

static int new_session(const struct helper *h, int terminal, struct fail *f)
{
    if (setsid() < 0)
        return fail_set(f, "setsid", errno, "setsid");
    return h->l->plan->tty && ioctl(terminal, TIOCSCTTY, 0) < 0 ? fail_set(f, "terminal", errno, "TIOCSCTTY") : 0;
}

static int command_steps(const struct helper *h, int status, struct fail *f)
{
    const struct exec_launch *l = h->l;
    const struct exec_plan *plan = l->plan;
    struct process_stdio stdio = command_stdio(h);
    if (placement_enter(plan->placement.tasks, plan->placement.task_count, l->fds, f) < 0)
        return -1;
    if (is_born_late(l))
    {
        if (h->procs >= 0 && write(h->procs, "0", 1) != 1)
            return fail_set(f, "cgroup", errno, "cgroup.procs");
        return new_session(h, 0, f) < 0 ? -1 : process_run(&plan->process, status, f);
    }
    if (process_own_files(&plan->process, l->sandbox->proc, status, f) < 0 || new_session(h, h->terminal, f) < 0)
        return -1;
    if (process_prepare(&plan->process, stdio, l->sandbox->first_id, f) < 0)
        return -1;
    // After the moves: see above. A container in the host's cgroup namespace makes this a step on the spot.
    if (setns(l->container, (int)(K_CLONE_NEWCGROUP | (l->sandbox->user >= 0 ? K_CLONE_NEWUSER : 0))) < 0)
        return fail_set(f, "namespace", errno, "cgroup and user");
    if (process_new_keyring(f) < 0)
        return -1;
    return process_exec(&plan->process, l->fds, stdio, status, f);
}

// From outside of the container's processes to among them.
static int be_born(struct helper *h, struct fail *f)
{
    const struct exec_launch *l = h->l;
    const struct exec_plan *plan = l->plan;
    struct process_stdio stdio = command_stdio(h);
    int keep[PLAN_MAX_TASKS + 5], count = 0;
    // Opened where it is meant: what counts for a move is where and by whom the file was opened.
    if (plan->placement.cgroup >= 0 && (h->procs = openat(l->fds[plan->placement.cgroup], "cgroup.procs", O_WRONLY | O_CLOEXEC)) < 0)
        return fail_set(f, "cgroup", errno, "cgroup.procs");
    if (process_own_files(&plan->process, l->sandbox->proc, l->channel, f) < 0 || process_prepare(&plan->process, stdio, 0, f) < 0)
        return -1;
    if (setns(l->container, (int)(K_CLONE_NEWCGROUP | K_CLONE_NEWPID)) < 0)
        return fail_set(f, "namespace", errno, "cgroup and pid");
    if (process_new_keyring(f) < 0 || process_become(&plan->process, l->fds, stdio, l->channel, f) < 0 ||
        process_settle(&plan->process, f) < 0)
        return -1;
    for (int i = 0; i < plan->placement.task_count; i++)
        keep[count++] = l->fds[plan->placement.tasks[i]];
    if (plan->process.program >= 0)
        keep[count++] = l->fds[plan->process.program];
    keep[count++] = l->channel;
    keep[count++] = h->master;
    keep[count++] = h->terminal;
    keep[count++] = h->procs;
    return process_keep_only(keep, count, f) < 0 ? -1 : process_go_on(0, l->channel, f);
}

static int run_command(struct helper *h, struct fail *f)
{
    int channel[2];
    int cgroup = h->l->plan->placement.cgroup;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail_set(f, "exec", errno, "socketpair");
    cleanup_fd int reader = channel[0];
    cleanup_fd int writer = channel[1];
    struct k_clone_args args = {.flags = K_CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&h->command_pidfd};
    if (cgroup >= 0)
    {
        args.flags |= K_CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)h->l->fds[cgroup];
    }
    h->command = is_born_late(h->l) ? k_clone(0, &h->command_pidfd) : k_clone3(&args);
    if (h->command < 0)
        return fail_set(f, "clone", errno, "of the command");
    if (h->command == 0)
    {
        struct fail failed = {0};
        command_steps(h, writer, &failed);
        record_send(writer, 'e', &failed);
        process_leave(127);
    }
    close_fd(&writer);
    struct record r;
    int none[2];
    bool ready = false, failed = false;
    while (record_receive(reader, &r, none, true) == 1)
    {
        if (r.kind == 'w')
            record_send(h->l->channel, 'w', &r.fail);
        ready = ready || r.kind == 'r';
        if (r.kind == 'e')
        {
            failed = true;
            *f = r.fail;
        }
    }
    if (failed)
        return -1;
    return ready ? 0 : fail_set(f, "exec", ESRCH, "killed while being launched");
}

static int become_reaper(struct fail *f)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? fail_set(f, "exec", errno, "PR_SET_CHILD_SUBREAPER") : 0;
}

static int enter(const struct exec_launch *l, struct fail *f)
{
    // The root and working directory become the container's with the mount namespace: from here on nothing is ours.
    if (setns(l->container, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS) < 0)
        return fail_set(f, "namespace", errno, "the container's");
    return chdir("/") < 0 ? fail_set(f, "exec", errno, "chdir") : 0;
}

// False when no child is left.
static bool reap(struct helper *h, int channel)
{
    for (;;)
    {
        siginfo_t child = {0};
        if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG) < 0)
            return errno != ECHILD;
        if (child.si_pid == 0)
            return true;
        if (child.si_pid != h->command)
            continue;
        bool exited = child.si_code == CLD_EXITED;
        struct record r = {
            .kind = 'x', .code = exited ? child.si_status : 0, .signal = exited ? 0 : child.si_status, .time = now_realtime()};
        h->command = 0;
        close_fd(&h->terminal);
        if (write(channel, &r, sizeof r) < 0)
            continue; // without a shim it only cleans up
    }
}

static void resize(const struct helper *h, int channel)
{
    struct record r;
    int none[2];
    if (record_receive(channel, &r, none, false) != 1 || r.kind != 'z' || h->terminal < 0)
        return;
    struct winsize size = {.ws_row = (unsigned short)r.code, .ws_col = (unsigned short)r.signal};
    ioctl(h->terminal, TIOCSWINSZ, &size); // a terminal that is hung up has no size to miss
}

static _Noreturn void stay(struct helper *h, int channel, int signals)
{
    struct pollfd wait[] = {{signals, POLLIN, 0}, {channel, POLLIN, 0}};
    while (reap(h, channel))
    {
        struct signalfd_siginfo info;
        poll(wait, 2, -1);
        while (read(signals, &info, sizeof info) > 0)
            continue;
        if (wait[1].revents & POLLHUP)
            wait[1].fd = -1; // the shim is dead
        else if (wait[1].revents & POLLIN)
            resize(h, channel);
    }
    process_leave(0);
}

// The helper lives among the container's processes: nothing but what it needs stays in it.
static int shed(struct helper *h, int *signals, struct fail *f)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    // Blocked since the shim's start but for one who was born late. One that comes before is seen by the first wait.
    sigprocmask(SIG_BLOCK, &child, NULL);
    int made = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (made < 0)
        return fail_set(f, "exec", errno, "signalfd");
    *signals = made;
    if (process_keep_only((int[]){made, h->l->channel, h->terminal}, 3, f) < 0)
        return -1;
    if (!is_born_late(h->l))
        return process_drop_all(h->l->sandbox->first_id, f);
    // What is left it shares with the command; its streams end with that.
    k_close_range(0, 2, 0);
    k_capset(0, 0, 0);
    return 0;
}

static _Noreturn void helper_run(const struct exec_launch *l)
{
    struct helper h = {.l = l, .master = -1, .terminal = -1, .procs = -1, .command_pidfd = -1};
    struct fail f = {0};
    int channel = l->channel, signals = -1;
    process_title("insula-exec");
    if (enter(l, &f) < 0 || (l->plan->tty && open_terminal(&h, &f) < 0) || (is_born_late(l) && be_born(&h, &f) < 0) ||
        become_reaper(&f) < 0 || run_command(&h, &f) < 0)
    {
        // Wait for what was cloned: the report means that nothing is left.
        while (waitpid(-1, NULL, 0) > 0)
            continue;
        record_send(channel, 'e', &f);
        process_leave(127);
    }
    struct record started = {.kind = 's'};
    int fds[2] = {h.command_pidfd, h.master};
    record_send_fds(channel, &started, fds, h.master >= 0 ? 2 : 1);
    if (shed(&h, &signals, &f) < 0)
        process_leave(126);
    stay(&h, channel, signals);
}

pid_t exec_clone(const struct exec_launch *l, struct fail *f)
{
    struct k_clone_args args = {.exit_signal = SIGCHLD};
    if (!is_born_late(l) && sandbox_enter_pid(l->sandbox, l->container, f) < 0)
        return -1;
    pid_t pid = k_clone3(&args);
    if (pid == 0)
        helper_run(l);
    int saved = errno;
    if (!is_born_late(l))
        sandbox_leave_pid(l->sandbox);
    return pid > 0 ? pid : fail_set(f, "clone", saved, "clone3");
}

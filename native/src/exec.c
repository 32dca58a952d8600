// Three processes: the shim; the helper, born in the container's PID namespace, parent and subreaper of the command's tree,
// so that killing the tree leaves no zombie to a PID 1 that does not reap; and the command.
// The helper stays in the shim's cgroups: what kills the command's cgroup must not kill the one who reaps it, and it must
// be able to clone into cgroups that lie outside of a cgroup namespace (nsdelegate, cgroups(7)).
#define _GNU_SOURCE
#include "exec.h"
#include "kernel.h"

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
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct helper
{
    const struct exec_launch *l;
    int master, terminal;
    pid_t command;
    int command_pidfd;
};

static int open_terminal(struct helper *h, struct fail *f)
{
    struct stat st;
    struct statfs fs;
    int unlock = 0;
    // The container's own devpts, verified: any path in there may have been prepared by the image.
    cleanup_fd int master = k_openat2(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0, K_RESOLVE_NO_SYMLINKS);
    if (master < 0)
        return fail_set(f, "terminal", errno, "/dev/pts/ptmx");
    if (fstat(master, &st) < 0 || fstatfs(master, &fs) < 0)
        return fail_set(f, "terminal", errno, "/dev/pts/ptmx");
    if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2) || fs.f_type != K_DEVPTS_SUPER_MAGIC)
        return fail_set(f, "terminal", ENODEV, "/dev/pts/ptmx is not a devpts multiplexer");
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
        return fail_set(f, "terminal", errno, "unlocking");
    // By ioctl, not by name: /dev/pts/N could be anything.
    cleanup_fd int terminal = ioctl(master, K_TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return fail_set(f, "terminal", errno, "opening the peer");
    if (fchown(terminal, h->l->sandbox->first_id + h->l->plan->process.uid, (gid_t)-1) < 0)
        return fail_set(f, "terminal", errno, "owner");
    h->master = take_fd(&master);
    h->terminal = take_fd(&terminal);
    return 0;
}

static int command_steps(const struct helper *h, int status, struct fail *f)
{
    const struct exec_launch *l = h->l;
    const struct exec_plan *plan = l->plan;
    struct process_stdio stdio;
    if (placement_enter(plan->placement.tasks, plan->placement.task_count, l->fds, f) < 0)
        return -1;
    if (process_own_files(&plan->process, l->sandbox->proc, status, f) < 0)
        return -1;
    if (setsid() < 0)
        return fail_set(f, "setsid", errno, "setsid");
    if (plan->tty)
    {
        if (ioctl(h->terminal, TIOCSCTTY, 0) < 0)
            return fail_set(f, "terminal", errno, "TIOCSCTTY");
        stdio = (struct process_stdio){h->terminal, h->terminal, h->terminal};
    }
    else
    {
        int streams[3];
        for (int i = 0; i < 3; i++)
            streams[i] = plan->stdio[i] >= 0 ? l->fds[plan->stdio[i]] : i; // the helper's own 0–2 are the null device
        stdio = (struct process_stdio){streams[0], streams[1], streams[2]};
    }
    if (process_prepare(&plan->process, stdio, l->sandbox->first_id, f) < 0)
        return -1;
    // After the moves: see above. A container in the host's cgroup namespace makes this a step on the spot.
    if (setns(l->container, (int)(K_CLONE_NEWCGROUP | (l->sandbox->user >= 0 ? K_CLONE_NEWUSER : 0))) < 0)
        return fail_set(f, "namespace", errno, "cgroup and user");
    if (process_new_keyring(f) < 0)
        return -1;
    return process_exec(&plan->process, l->fds, stdio, status, f);
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
    h->command = k_clone3(&args);
    if (h->command < 0)
        return fail_set(f, "clone", errno, "clone3");
    if (h->command == 0)
    {
        struct fail failed = {0};
        command_steps(h, writer, &failed);
        record_send(writer, 'e', &failed);
        _exit(127);
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

static int enter(const struct exec_launch *l, struct fail *f)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return fail_set(f, "exec", errno, "PR_SET_CHILD_SUBREAPER");
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
    _exit(0);
}

// The helper lives among the container's processes: nothing but what it needs stays in it.
static int shed(struct helper *h, int *channel, int *signals, struct fail *f)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int made = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (made < 0)
        return fail_set(f, "exec", errno, "signalfd");
    *signals = made;
    *channel = h->l->channel;
    // The gaps between the three that stay, upwards from the lowest.
    for (unsigned from = 3; from;)
    {
        unsigned next = ~0U;
        const int keep[3] = {made, h->l->channel, h->terminal};
        for (int i = 0; i < 3; i++)
            if (keep[i] >= (int)from && (unsigned)keep[i] < next)
                next = (unsigned)keep[i];
        if (next != from && k_close_range(from, next == ~0U ? next : next - 1, 0) < 0)
            return fail_set(f, "exec", errno, "closing descriptors");
        from = next + 1; // 0 after the last
    }
    return process_drop_all(h->l->sandbox->first_id, f);
}

static _Noreturn void helper_run(const struct exec_launch *l)
{
    struct helper h = {.l = l, .master = -1, .terminal = -1, .command_pidfd = -1};
    struct fail f = {0};
    int channel = l->channel, signals = -1;
    process_title("insula-exec");
    if (enter(l, &f) < 0 || (l->plan->tty && open_terminal(&h, &f) < 0) || run_command(&h, &f) < 0)
    {
        // Wait for what was cloned: the report means that nothing is left.
        while (waitpid(-1, NULL, 0) > 0)
            continue;
        record_send(channel, 'e', &f);
        _exit(127);
    }
    struct record started = {.kind = 's'};
    int fds[2] = {h.command_pidfd, h.master};
    record_send_fds(channel, &started, fds, h.master >= 0 ? 2 : 1);
    if (shed(&h, &channel, &signals, &f) < 0)
        _exit(126);
    stay(&h, channel, signals);
}

pid_t exec_clone(const struct exec_launch *l, struct fail *f)
{
    struct k_clone_args args = {.exit_signal = SIGCHLD};
    if (sandbox_enter_pid(l->sandbox, l->container, f) < 0)
        return -1;
    pid_t pid = k_clone3(&args);
    if (pid == 0)
        helper_run(l);
    int saved = errno;
    sandbox_leave_pid(l->sandbox);
    return pid > 0 ? pid : fail_set(f, "clone", saved, "clone3");
}

#define _GNU_SOURCE
#include "namespaces.h"
#include "format.h"
#include "kernel.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int namespace_open(const struct sandbox *s, pid_t pid, const char *name, struct fail *f)
{
    char path[40];
    if (pid)
        text_format(path, sizeof path, "%d/ns/%s", pid, name);
    else
        text_format(path, sizeof path, "thread-self/ns/%s", name);
    int fd = openat(s->proc, path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : fail_set(f, "namespace", errno, "%s", path);
}

static int join(int ns, int type, bool shared, const char *name, struct fail *f)
{
    return !shared && setns(ns, type) < 0 ? fail_set(f, "namespace", errno, "%s", name) : 0;
}

int namespaces_join(const struct sandbox *s, struct fail *f)
{
    if (join(s->net, CLONE_NEWNET, s->net_shared, "net", f) < 0 || join(s->ipc, CLONE_NEWIPC, s->ipc_shared, "ipc", f) < 0)
        return -1;
    return join(s->uts, CLONE_NEWUTS, s->uts_shared, "uts", f);
}

static int write_sysctl(const struct sandbox *s, const struct name_value *sysctl, struct fail *f)
{
    char path[256];
    int length = text_format(path, sizeof path, "sys/%s", sysctl->name);
    if (!strchr(sysctl->name, '/')) // names with slashes are paths already (interfaces with dots in their names)
        for (char *c = path; *c; c++)
            *c = *c == '.' ? '/' : *c;
    cleanup_fd int fd = length < (int)sizeof path ? k_openat2(s->proc, path, O_WRONLY | O_CLOEXEC, 0,
                                                        K_RESOLVE_BENEATH | K_RESOLVE_NO_SYMLINKS | K_RESOLVE_NO_XDEV)
                                                  : -1;
    if (fd < 0)
        return fail_set(f, "sysctl", errno, "%s", sysctl->name);
    size_t size = strlen(sysctl->value);
    if (write(fd, sysctl->value, size) != (ssize_t)size)
        return fail_set(f, "sysctl", errno, "%s = %.60s", sysctl->name, sysctl->value);
    return 0;
}

static int become_root(struct fail *f)
{
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        return fail_set(f, "user-namespace", errno, "becoming its root");
    // A change of ids resets the flag to suid_dumpable, and others of the pod may have the same ids.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return fail_set(f, "user-namespace", errno, "PR_SET_DUMPABLE");
    return 0;
}

// With a user namespace done by a process of its own, which is born in it and waits for its ids: what it makes as root of that belongs
// to it, and the parameters of such an IPC namespace can be written by nobody else.
static int make_steps(const struct sandbox *s, const struct sandbox_plan *plan, const int *fds, int channel, struct fail *f)
{
    char go;
    if (plan->first_id && (read(channel, &go, 1) != 1 || become_root(f) < 0))
        return f->err ? -1 : fail_set(f, "user-namespace", ESRCH, "the shim is gone");
    int flags =
        (plan->net == NS_NEW ? CLONE_NEWNET : 0) | (plan->ipc == NS_NEW ? CLONE_NEWIPC : 0) | (plan->uts == NS_NEW ? CLONE_NEWUTS : 0);
    if (plan->net == NS_FD && (ioctl(fds[plan->net_fd], K_NS_GET_NSTYPE) != CLONE_NEWNET || setns(fds[plan->net_fd], CLONE_NEWNET) < 0))
        return fail_set(f, "namespace", errno ? errno : EINVAL, "--net: not a network namespace");
    if (flags && unshare(flags) < 0)
        return fail_set(f, "namespace", errno, "unshare 0x%x", (unsigned)flags);
    if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
        return fail_set(f, "hostname", errno, "%s", plan->hostname);
    if (plan->domainname && setdomainname(plan->domainname, strlen(plan->domainname)) < 0)
        return fail_set(f, "domainname", errno, "%s", plan->domainname);
    for (size_t i = 0; i < plan->sysctl_count; i++)
        if (write_sysctl(s, &plan->sysctls[i], f) < 0)
            return -1;
    return 0;
}

// Without one there and back: a process for it would take the kernel longer than all else.
static int make_here(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    static const char *const names[] = {"net", "ipc", "uts"};
    int *const made[] = {&s->net, &s->ipc, &s->uts};
    int home[3];
    for (int i = 0; i < 3; i++)
        if ((home[i] = namespace_open(s, 0, names[i], f)) < 0)
            return -1; // of no use any more, and ends
    int result = make_steps(s, plan, fds, -1, f);
    for (int i = 0; i < 3; i++)
    {
        if (result == 0 && (*made[i] = namespace_open(s, 0, names[i], f)) < 0)
            result = -1;
        // What it did next would be done in the pod's while meaning the host's: better no shim than that.
        if (setns(home[i], 0) < 0)
            abort();
        close(home[i]);
    }
    return result;
}

static _Noreturn void make(const struct sandbox *s, const struct sandbox_plan *plan, const int *fds, int channel)
{
    struct fail f = {0};
    char gone;
    record_send(channel, make_steps(s, plan, fds, channel, &f) < 0 ? 'e' : 'r', &f);
    // The namespaces last until the shim has descriptors of them.
    while (read(channel, &gone, 1) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

static int write_map(const struct sandbox *s, const struct sandbox_plan *plan, pid_t pid, const char *name, struct fail *f)
{
    char path[40], map[40];
    text_format(path, sizeof path, "%d/%s", pid, name);
    int length = text_format(map, sizeof map, "0 %u %u", plan->first_id, plan->id_count);
    cleanup_fd int fd = openat(s->proc, path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, map, (size_t)length) == length ? 0 : fail_set(f, "user-namespace", errno, "%s %s", name, map);
}

int namespaces_begin(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct maker *m, struct fail *f)
{
    int channel[2];
    struct k_clone_args args = {.flags = K_CLONE_NEWUSER, .exit_signal = SIGCHLD};
    s->net_shared = plan->net == NS_HOST;
    s->ipc_shared = plan->ipc == NS_HOST;
    s->uts_shared = plan->uts == NS_HOST;
    if (!plan->first_id)
        return make_here(s, plan, fds, f);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail_set(f, "namespace", errno, "socketpair");
    m->pid = k_clone3(&args);
    int saved = errno;
    if (m->pid == 0)
    {
        close(channel[0]);
        make(s, plan, fds, channel[1]);
    }
    close(channel[1]);
    m->channel = channel[0];
    if (m->pid < 0)
        return fail_set(f, "user-namespace", saved, "clone3");
    if (write_map(s, plan, m->pid, "uid_map", f) < 0 || write_map(s, plan, m->pid, "gid_map", f) < 0 ||
        (s->user = namespace_open(s, m->pid, "user", f)) < 0)
        return -1;
    s->first_id = plan->first_id;
    send(m->channel, "", 1, MSG_NOSIGNAL); // if it is dead it sends no record
    return 0;
}

int namespaces_take(struct sandbox *s, const struct maker *m, struct fail *f)
{
    struct record r;
    int none[2];
    if (m->pid <= 0)
        return 0; // they are there already
    if (record_receive(m->channel, &r, none, true) != 1)
        return fail_set(f, "namespace", ESRCH, "their first process died");
    if (r.kind == 'e')
    {
        *f = r.fail;
        return -1;
    }
    if ((s->net = namespace_open(s, m->pid, "net", f)) < 0 || (s->ipc = namespace_open(s, m->pid, "ipc", f)) < 0)
        return -1;
    return (s->uts = namespace_open(s, m->pid, "uts", f)) < 0 ? -1 : 0;
}

void namespaces_end(struct maker *m)
{
    close_fd(&m->channel);
    if (m->pid > 0)
        waitpid(m->pid, NULL, 0);
}

int namespaces_own_files(const struct sandbox *s, struct fail *f)
{
    uint64_t effective, permitted, inheritable;
    // Leaving uid 0 takes the capabilities over files away from the effective set: capabilities(7).
    syscall(SYS_setfsgid, s->first_id);
    syscall(SYS_setfsuid, s->first_id);
    if (k_capget(&effective, &permitted, &inheritable) < 0 || k_capset(permitted, permitted, inheritable) < 0)
        return fail_set(f, "user-namespace", errno, "files of its root");
    return 0;
}

int namespaces_enter_user(const struct sandbox *s, uint64_t flags, int status, struct fail *f)
{
    if (setns(s->user, (int)K_CLONE_NEWUSER) < 0)
        return fail_set(f, "user-namespace", errno, "entering it");
    if (flags & K_CLONE_NEWPID ? process_go_on(flags, status, f) < 0 : unshare((int)flags) < 0)
        return f->err ? -1 : fail_set(f, "namespace", errno, "unshare 0x%x", (unsigned)flags);
    return become_root(f);
}

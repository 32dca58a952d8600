#define _GNU_SOURCE
#include "failpoint.h"
#include "format.h"
#include "kernel.h"
#include "launch.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// An exit is told when the lines the container wrote before it are in its log, but no disk delays it longer than this.
#define DRAIN_NANOSECONDS 200000000LL

struct container *container_find(struct shim *s, const char *id)
{
    struct container *c = s->containers;
    while (c && strcmp(c->e.id, id) != 0)
        c = c->next;
    return c;
}

// The pipes of its streams: our ends become the container's, the program's `theirs`. What is none of them is the null device or a terminal.
static int open_pipes(struct container *c, const struct container_plan *plan, int theirs[3], struct fail *f)
{
    int *const ours[] = {&c->input, &c->log_out, &c->log_err};
    const bool wanted[] = {plan->has_stdin, plan->log_path, plan->log_path};
    for (int i = 0; i < 3; i++)
    {
        int ends[2];
        if (!wanted[i] || plan->tty)
            continue;
        if (pipe2(ends, O_CLOEXEC) < 0)
            return fail_set(f, "launch", errno, "pipe");
        *ours[i] = ends[!i];
        theirs[i] = ends[!!i];
    }
    return 0;
}

static int launch(struct shim *s, struct container *c, const struct mapped_plan *m, const int *fds, int streams[3], struct fail *f)
{
    const struct container_plan *plan = &m->plan.container;
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail_set(f, "launch", errno, "socketpair");
    c->e.status.fd = channel[0];
    cleanup_fd int status = channel[1];
    if (plan->log_path)
    {
        if (pump_start(&s->pump, f) < 0)
            return -1;
        if (s->reports.fd < 0)
        {
            s->reports.fd = s->pump.reports;
            if (shim_watch(s, &s->reports) < 0)
                return fail_set(f, "launch", errno, "epoll");
        }
        c->log_max_size = plan->log_max_size;
        c->log_max_files = plan->log_max_files;
        c->log_path = strdup(plan->log_path);
    }
    if (plan->log_path && !c->log_path)
        return fail_set(f, "launch", ENOMEM, "log path");
    c->tty = plan->tty;
    if (open_pipes(c, plan, streams, f) < 0)
        return -1;
    int target = -1;
    if (plan->pid == PID_CONTAINER)
    {
        const struct container *whose = container_find(s, plan->pid_of);
        if (!whose || whose->e.state != ENTRY_RUNNING)
            return fail_set(f, "container", ESRCH, "%s does not run", plan->pid_of);
        // Who may trace would have what a launch holds: one of them, whose procfs has to be made in it, cannot be born there last.
        if (s->sandbox.traced)
            return fail_set(f, "pid-namespace", EPERM, "a container of the pod may trace processes (SYS_PTRACE)");
        target = whose->e.pidfd;
    }
    // In a user namespace of its own the capability does not reach those who are not in it yet.
    s->sandbox.traced =
        s->sandbox.traced || (!weak("born-late") && s->sandbox.user < 0 && plan->process.bounding >> CAP_SYS_PTRACE_BIT & 1);
    struct launch l = {plan, &s->sandbox, fds, status, {streams[0], streams[1], streams[2]}, target};
    if (shim_watch(s, &c->e.status) < 0)
        return fail_set(f, "launch", errno, "epoll");
    if (failpoint_fails("shim.start.uncloned"))
        return fail_set(f, "launch", EIO, "failpoint");
    c->e.pid = launch_clone(&l, &c->e.pidfd, f);
    return c->e.pid < 0 ? -1 : 0;
}

static void free_container(struct shim *s, struct container *c)
{
    entry_release(s, &c->e);
    close_fd(&c->input);
    close_fd(&c->terminal);
    close_fd(&c->log_out);
    close_fd(&c->log_err);
    close_fd(&c->log[0]);
    close_fd(&c->log[1]);
    free(c->log_path);
    free(c);
}

void container_start(struct shim *s, const struct packet *p)
{
    const char *request = p->words[0], *id = p->words[2];
    struct fail f = {0};
    struct mapped_plan m;
    if (s->sandbox.state != SANDBOX_READY)
        fail_set(&f, "sandbox", ENOTCONN, "there is no usable sandbox");
    else if (!plan_valid_id(id))
        fail_set(&f, "container", EINVAL, "malformed id");
    else if (container_find(s, id))
        fail_set(&f, "container", EEXIST, "%s", id);
    else if (plan_map(&m, PLAN_CONTAINER, p, &f) == 0)
    {
        struct container *c = calloc(1, sizeof *c);
        if (c)
        {
            entry_initialize(&c->e, id, shim_pending(s, request), SOURCE_CONTAINER, c);
            int streams[3] = {-1, -1, -1};
            c->input = c->terminal = c->log_out = c->log_err = c->log[0] = c->log[1] = -1;
            c->token = ++s->last_token;
            c->e.started = now_realtime();
            int result = launch(s, c, &m, p->fds + 1, streams, &f);
            for (int i = 0; i < 3; i++)
                close_fd(&streams[i]);
            if (result == 0)
            {
                c->next = s->containers;
                s->containers = c;
                failpoint("shim.start.cloned");
            }
            else
                free_container(s, c);
        }
        else
            fail_set(&f, "container", ENOMEM, "%s", id);
        plan_release(&m);
    }
    if (f.err)
        shim_answer_fail(s, request, &f);
}

static void answer_started(struct shim *s, struct container *c)
{
    struct reply r;
    c->e.state = ENTRY_RUNNING;
    c->e.started = now_realtime();
    failpoint("shim.start.untold");
    if (!shim_is_pending(s, &c->e.pending))
        return;
    reply_start(&r, "ok", c->e.pending.id);
    reply_number(&r, c->e.pid);
    reply_number(&r, c->e.started);
    for (int i = 0; i < c->e.warning_count; i++)
        reply_word(&r, c->e.warnings[i]);
    shim_send(s, &r, NULL, 0);
}

static void take_log(struct shim *s, struct container *c)
{
    struct logger *l = logger_new(c->log_path, c->log, c->log_max_size, c->log_max_files, c->token);
    int out = take_fd(&c->log_out), err = take_fd(&c->log_err);
    c->log[0] = c->log[1] = -1;
    if (l && pump_add(&s->pump, l, out, err) == 0)
    {
        c->logged = true;
        failpoint("shim.start.log-taken");
        return;
    }
    if (!l)
    {
        close(out);
        close(err);
    }
    // Nobody would read its pipes: it must not run.
    c->e.failed = true;
    fail_set(&c->e.failure, "log", ENOMEM, "the log thread does not take it");
    k_pidfd_send_signal(c->e.pidfd, SIGKILL); // fails only if it is dead already
}

// Whether its program runs, or has run: the channel is closed by a death before exec too (a filter that forbids it, the memory limit).
// PF_FORKNOEXEC among the flags of proc_pid_stat(5), which a process not yet reaped still has.
static bool executed(const struct shim *s, pid_t pid)
{
    char path[24], text[512];
    text_format(path, sizeof path, "%d/stat", pid);
    cleanup_fd int fd = openat(s->sandbox.proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (length <= 0)
        return true;
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    for (int i = 0; at && i < 7; i++)
        at = strchr(at + 1, ' ');
    unsigned flags = 0;
    for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9'; at++)
        flags = 10 * flags + (unsigned)(*at - '0');
    return !(flags & 0x40);
}

void container_status(struct shim *s, struct container *c)
{
    struct record r;
    int fds[2], result;
    while ((result = record_receive(c->e.status.fd, &r, fds, false)) == 1)
    {
        // Each is said once, by ours; what comes later may be the word of one who is traced.
        if (r.kind == 'l' && fds[0] >= 0 && fds[1] >= 0 && c->log[0] < 0)
        {
            c->log[0] = take_fd(&fds[0]);
            c->log[1] = take_fd(&fds[1]);
        }
        else if (r.kind == 't' && fds[0] >= 0 && fds[1] >= 0 && c->tty && c->terminal < 0)
        {
            c->log_out = take_fd(&fds[0]);
            c->terminal = take_fd(&fds[1]);
            c->input = fcntl(c->log_out, F_DUPFD_CLOEXEC, 3);
        }
        else if (r.kind == 'c' && fds[0] >= 0 && !c->e.moved)
        {
            c->e.moved = true;
            c->e.pid = r.code;
            close_fd(&c->e.pidfd);
            c->e.pidfd = take_fd(&fds[0]);
        }
        else if (r.kind == 'w')
            entry_warn(&c->e, r.fail.step);
        else if (r.kind == 'r')
            c->e.ready = true;
        else if (r.kind == 'e')
        {
            c->e.failed = true;
            c->e.failure = r.fail;
        }
        if (c->log[0] >= 0 && c->log_out >= 0)
            take_log(s, c);
        close_fd(&fds[0]);
        close_fd(&fds[1]);
    }
    if (result < 0)
        return;
    shim_unwatch(s, &c->e.status);
    // Closed by exec after 'r'. Without one, or after an 'e', its end tells the rest.
    if (c->e.ready && !c->e.failed && executed(s, c->e.pid))
        answer_started(s, c);
}

void container_report(struct shim *s, struct container *c)
{
    struct reply r;
    failpoint("shim.exit.untold");
    reply_start(&r, "event", "exit");
    reply_word(&r, c->e.id);
    reply_number(&r, c->e.pid);
    reply_number(&r, c->e.code);
    reply_number(&r, c->e.signal);
    reply_number(&r, c->e.finished);
    shim_send(s, &r, NULL, 0);
    failpoint("shim.exit.told");
}

void container_reaped(struct shim *s, struct container *c, int code, int signal)
{
    if (c->e.state == ENTRY_STARTING && shim_is_pending(s, &c->e.pending))
    {
        if (!c->e.failed)
            fail_set(&c->e.failure, "launch", ESRCH, "killed by signal %d while being launched", signal);
        shim_answer_fail(s, c->e.pending.id, &c->e.failure);
        container_forget(s, c);
        return;
    }
    // Who asked for a start that failed is gone: whoever lists next has seen it running, and learns of an end.
    failpoint("shim.exit.unrecorded");
    c->e.state = ENTRY_EXITED;
    c->e.finished = now_realtime();
    c->e.code = code;
    c->e.signal = signal;
    close_fd(&c->e.pidfd);
    close_fd(&c->input);
    close_fd(&c->terminal);
    if (c->logged && pump_drain(&s->pump, c->token) == 0)
    {
        c->draining = true;
        c->drain_deadline = now_monotonic() + DRAIN_NANOSECONDS;
        return;
    }
    container_report(s, c);
}

void container_forget(struct shim *s, struct container *c)
{
    struct container **at = &s->containers;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free_container(s, c);
}

static void drained(struct shim *s, struct container *c)
{
    c->draining = false;
    container_report(s, c);
}

void containers_pump_report(struct shim *s, const struct pump_report *r)
{
    struct container *c = s->containers;
    while (c && c->token != r->token)
        c = c->next;
    if (r->kind == PUMP_ATTACHED)
        container_attached(s, c, r);
    if (!c || r->kind == PUMP_ATTACHED)
        return;
    if (r->kind == PUMP_DRAINED)
    {
        if (c->draining)
            drained(s, c);
        return;
    }
    struct reply lost;
    reply_start(&lost, "event", "log-lost");
    reply_word(&lost, c->e.id);
    reply_number(&lost, (int64_t)r->lines);
    reply_number(&lost, (int64_t)r->bytes);
    shim_send(s, &lost, NULL, 0);
}

int containers_drain_timeout(struct shim *s)
{
    int64_t now = 0, next = -1;
    for (struct container *c = s->containers; c; c = c->next)
    {
        if (!c->draining)
            continue;
        now = now ? now : now_monotonic();
        if (c->drain_deadline <= now)
            drained(s, c);
        else if (next < 0 || c->drain_deadline - now < next)
            next = c->drain_deadline - now;
    }
    return next < 0 ? -1 : (int)(next / 1000000) + 1;
}

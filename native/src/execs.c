#define _GNU_SOURCE
#include "exec.h"
#include "failpoint.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct exec *exec_find(struct shim *s, const char *id)
{
    struct exec *x = s->execs;
    while (x && strcmp(x->e.id, id) != 0)
        x = x->next;
    return x;
}

static void free_exec(struct shim *s, struct exec *x)
{
    entry_release(s, &x->e);
    close_fd(&x->terminal);
    free(x);
}

static int launch(struct shim *s, struct exec *x, const struct mapped_plan *m, const int *fds, struct fail *f)
{
    const struct exec_plan *plan = &m->plan.exec;
    const struct container *c = container_find(s, plan->container);
    int channel[2];
    if (!c)
        return fail_set(f, "container", ENOENT, "%s", plan->container);
    if (c->e.state != ENTRY_RUNNING)
        return fail_set(f, "container", ESRCH, "%s does not run", plan->container);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail_set(f, "exec", errno, "socketpair");
    x->e.status.fd = channel[0];
    cleanup_fd int helper_end = channel[1];
    if (shim_watch(s, &x->e.status) < 0)
        return fail_set(f, "exec", errno, "epoll");
    struct exec_launch l = {plan, &s->sandbox, fds, c->e.pidfd, helper_end};
    if (failpoint_fails("shim.exec.uncloned"))
        return fail_set(f, "exec", EIO, "failpoint");
    x->e.pid = exec_clone(&l, f);
    return x->e.pid < 0 ? -1 : 0;
}

void exec_start(struct shim *s, const struct packet *p)
{
    const char *request = p->words[0], *id = p->words[2];
    struct fail f = {0};
    struct mapped_plan m;
    if (s->sandbox.state != SANDBOX_READY)
        fail_set(&f, "sandbox", ENOTCONN, "there is no usable sandbox");
    else if (!plan_valid_id(id))
        fail_set(&f, "exec", EINVAL, "malformed id");
    else if (exec_find(s, id))
        fail_set(&f, "exec", EEXIST, "%s", id);
    else if (plan_map(&m, PLAN_EXEC, p, &f) == 0)
    {
        struct exec *x = calloc(1, sizeof *x);
        if (x)
        {
            entry_initialize(&x->e, id, shim_pending(s, request), SOURCE_EXEC, x);
            x->terminal = -1;
            x->e.started = now_realtime();
            if (launch(s, x, &m, p->fds + 1, &f) == 0)
            {
                x->next = s->execs;
                s->execs = x;
                failpoint("shim.exec.cloned");
            }
            else
                free_exec(s, x);
        }
        else
            fail_set(&f, "exec", ENOMEM, "%s", id);
        plan_release(&m);
    }
    if (f.err)
        shim_answer_fail(s, request, &f);
}

static void answer_started(struct shim *s, struct exec *x, int fds[2])
{
    struct reply r;
    x->e.state = ENTRY_RUNNING;
    x->e.started = now_realtime();
    x->e.pidfd = take_fd(&fds[0]);
    x->terminal = take_fd(&fds[1]);
    failpoint("shim.exec.untold");
    if (shim_is_pending(s, &x->e.pending))
    {
        reply_start(&r, "ok", x->e.pending.id);
        reply_number(&r, x->e.pid);
        for (int i = 0; i < x->e.warning_count; i++)
            reply_word(&r, x->e.warnings[i]);
        shim_send(s, &r, &x->terminal, x->terminal >= 0);
    }
    // Held here it would keep the command from noticing that its user has gone.
    close_fd(&x->terminal);
}

static void send_event(struct shim *s, const struct exec *x, const char *name)
{
    struct reply r;
    reply_start(&r, "event", name);
    reply_word(&r, x->e.id);
    if (strcmp(name, "exec-exit") == 0)
    {
        reply_number(&r, x->e.code);
        reply_number(&r, x->e.signal);
        reply_number(&r, x->e.finished);
    }
    shim_send(s, &r, NULL, 0);
}

static void ended(struct shim *s, struct exec *x, int code, int signal, int64_t time)
{
    x->e.state = ENTRY_EXITED;
    x->e.code = code;
    x->e.signal = signal;
    x->e.finished = time;
    close_fd(&x->e.pidfd);
    send_event(s, x, "exec-exit");
}

void exec_status(struct shim *s, struct exec *x)
{
    struct record r;
    int fds[2], result;
    while ((result = record_receive(x->e.status.fd, &r, fds, false)) == 1)
    {
        if (r.kind == 'w')
            entry_warn(&x->e, r.fail.step);
        else if (r.kind == 'e')
        {
            x->e.failed = true;
            x->e.failure = r.fail;
        }
        else if (r.kind == 'c' && fds[0] >= 0 && !x->e.moved)
        {
            x->e.moved = true;
            x->e.pid = r.code;
        }
        else if (r.kind == 's' && x->e.state == ENTRY_STARTING)
            answer_started(s, x, fds);
        else if (r.kind == 'x' && x->e.state == ENTRY_RUNNING)
            ended(s, x, r.code, r.signal, r.time);
        close_fd(&fds[0]);
        close_fd(&fds[1]);
    }
    if (result == 0)
        shim_unwatch(s, &x->e.status);
}

void exec_reaped(struct shim *s, struct exec *x, int code, int signal)
{
    if (x->e.status.fd >= 0)
        exec_status(s, x);
    if (x->e.state == ENTRY_STARTING && shim_is_pending(s, &x->e.pending))
    {
        if (!x->e.failed)
            fail_set(&x->e.failure, "exec", ESRCH, "killed by signal %d while being launched", signal);
        shim_answer_fail(s, x->e.pending.id, &x->e.failure);
        exec_forget(s, x);
        return;
    }
    if (x->e.state == ENTRY_STARTING)
        ended(s, x, code, signal, now_realtime()); // who asked is gone, but may have been listed
    // The kernel ends the helper with the PID namespace, and the command with it.
    else if (x->e.state == ENTRY_RUNNING)
        ended(s, x, 0, SIGKILL, now_realtime());
    x->gone = true;
    failpoint("shim.exec.gone-untold");
    send_event(s, x, "exec-gone");
}

void exec_forget(struct shim *s, struct exec *x)
{
    struct exec **at = &s->execs;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    free_exec(s, x);
}

void exec_report(struct shim *s, struct exec *x)
{
    if (x->e.state == ENTRY_EXITED)
        send_event(s, x, "exec-exit");
    if (x->gone)
        send_event(s, x, "exec-gone");
}

void exec_resize(struct shim *s, const struct packet *p)
{
    struct fail f = {0};
    struct exec *x = exec_find(s, p->words[2]);
    uint64_t rows, columns;
    if (!x)
        fail_set(&f, "resize", ENOENT, "%s", p->words[2]);
    else if (!parse_u64(p->words[3], 10, UINT16_MAX, &rows) || !parse_u64(p->words[4], 10, UINT16_MAX, &columns))
        fail_set(&f, "resize", EINVAL, "rows and columns are wanted");
    else if (x->e.state != ENTRY_RUNNING || x->e.status.fd < 0)
        fail_set(&f, "resize", ESRCH, "%s does not run", p->words[2]);
    else
    {
        // The helper holds the terminal; the master belongs to the daemon alone.
        struct record size = {.kind = 'z', .code = (int32_t)rows, .signal = (int32_t)columns};
        if (send(x->e.status.fd, &size, sizeof size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            fail_set(&f, "resize", errno, "%s", p->words[2]);
    }
    if (f.err)
        shim_answer_fail(s, p->words[0], &f);
    else
        shim_answer(s, p->words[0]);
}

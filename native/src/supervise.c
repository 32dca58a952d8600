#define _GNU_SOURCE
#include "failpoint.h"
#include "kernel.h"
#include "shim.h"
#include "format.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// So long a shim waits for somebody to connect at all.
#define FIRST_CONNECTION_MS 60000

int shim_watch(struct shim *s, struct source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, source->fd, &event);
}

void shim_unwatch(struct shim *s, struct source *source)
{
    if (source->fd < 0)
        return;
    // Explicitly: a child that has not reached its exec yet still holds a copy, and closing ours would leave it registered.
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, source->fd, NULL);
    close_fd(&source->fd);
}

static void drop_connection(struct shim *s)
{
    // A child that has not reached its exec yet holds a copy: without this the peer would not see the end.
    if (s->connection.fd >= 0)
        shutdown(s->connection.fd, SHUT_RDWR);
    shim_unwatch(s, &s->connection);
    outbox_clear(&s->outbox);
    s->greeted = s->want_write = false;
}

static void update_interest(struct shim *s)
{
    bool want = s->outbox.first;
    if (want == s->want_write || s->connection.fd < 0)
        return;
    struct epoll_event event = {.events = EPOLLIN | (want ? (unsigned)EPOLLOUT : 0), .data.ptr = &s->connection};
    if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->connection.fd, &event) == 0)
        s->want_write = want;
    else
        drop_connection(s);
}

void shim_send(struct shim *s, const struct reply *r, const int *fds, int fd_count)
{
    if (s->connection.fd < 0 || !s->greeted)
        return; // nobody listens; what matters is kept and told after the next hello
    if (outbox_send(&s->outbox, s->connection.fd, r, fds, fd_count) < 0)
        drop_connection(s);
    else
        update_interest(s);
}

void shim_answer_fail(struct shim *s, const char *request, const struct fail *f)
{
    struct reply r;
    reply_start(&r, "err", request);
    reply_word(&r, f->step);
    reply_number(&r, f->err);
    if (f->text[0])
        reply_word(&r, f->text);
    shim_send(s, &r, NULL, 0);
}

void shim_answer(struct shim *s, const char *request)
{
    struct reply r;
    reply_start(&r, "ok", request);
    shim_send(s, &r, NULL, 0);
}

struct pending shim_pending(const struct shim *s, const char *request)
{
    struct pending p = {.connection = s->connection_serial};
    text_format(p.id, sizeof p.id, "%s", request);
    return p;
}

bool shim_is_pending(const struct shim *s, const struct pending *p)
{
    return s->connection.fd >= 0 && p->connection == s->connection_serial;
}

static void accept_connection(struct shim *s)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    // The directory is 0700 already; this also stops whoever was handed a descriptor of it.
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid())
    {
        close(fd);
        return;
    }
    drop_connection(s);
    s->connection.fd = fd;
    s->connection_serial++;
    if (shim_watch(s, &s->connection) < 0)
        close_fd(&s->connection.fd);
}

// Without a sandbox and without an end to tell: when the daemon dies between spawning a shim and its setup, nobody might
// ever find that shim.
static bool is_useless(const struct shim *s)
{
    return s->sandbox.state != SANDBOX_READY && !s->containers && !s->execs;
}

static void serve_connection(struct shim *s, unsigned events)
{
    static struct packet p;
    if ((events & EPOLLOUT) && outbox_flush(&s->outbox, s->connection.fd) < 0)
    {
        drop_connection(s);
        return;
    }
    update_interest(s);
    if (s->connection.fd < 0 || !(events & ~(unsigned)EPOLLOUT))
        return;
    int got = packet_receive(s->connection.fd, &p);
    if (got == 1)
    {
        request_handle(s, &p);
        packet_close_fds(&p);
    }
    else if (got == 0 || errno != EAGAIN)
        drop_connection(s); // a peer that breaks the framing is not one to talk to
    if (s->connection.fd < 0 && is_useless(s))
        s->ending = true;
}

static void sandbox_lost(struct shim *s, int code, int signal)
{
    struct reply r;
    s->sandbox.init_pid = 0;
    close_fd(&s->sandbox.init_pidfd);
    s->sandbox.state = SANDBOX_BROKEN;
    reply_start(&r, "event", "init-exit");
    reply_number(&r, code);
    reply_number(&r, signal);
    shim_send(s, &r, NULL, 0);
}

static void reaped(struct shim *s, pid_t pid, int code, int signal)
{
    for (struct container *c = s->containers; c; c = c->next)
        if (c->e.pid == pid && c->e.state != ENTRY_EXITED)
        {
            container_reaped(s, c, code, signal);
            return;
        }
    for (struct exec *x = s->execs; x; x = x->next)
        if (x->e.pid == pid && !x->gone)
        {
            exec_reaped(s, x, code, signal);
            return;
        }
    if (pid == s->sandbox.init_pid)
        sandbox_lost(s, code, signal);
    // Anything else is an orphan of a container without a PID namespace of its own.
}

static void serve_signals(struct shim *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals.fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM)
            s->terminating = true;
    for (;;)
    {
        siginfo_t child = {0};
        if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid == 0)
            return;
        // First all that those being started have said, which process one of them goes on in for one, and how far the dead one got.
        for (struct container *c = s->containers; c; c = c->next)
            if (c->e.status.fd >= 0)
                container_status(s, c);
        for (struct exec *x = s->execs; x; x = x->next)
            if (x->e.status.fd >= 0)
                exec_status(s, x);
        if (waitid(P_PID, (id_t)child.si_pid, &child, WEXITED) < 0)
            return;
        bool exited = child.si_code == CLD_EXITED;
        reaped(s, child.si_pid, exited ? child.si_status : 0, exited ? 0 : child.si_status);
    }
}

static void serve_reports(struct shim *s)
{
    struct pump_report r;
    if (read(s->reports.fd, &r, sizeof r) == (ssize_t)sizeof r)
        containers_pump_report(s, &r);
}

static void serve(struct shim *s, struct source *source, unsigned events)
{
    switch (source->kind)
    {
    case SOURCE_LISTENER:
        accept_connection(s);
        break;
    case SOURCE_CONNECTION:
        serve_connection(s, events);
        break;
    case SOURCE_SIGNALS:
        serve_signals(s);
        break;
    case SOURCE_PUMP:
        serve_reports(s);
        break;
    case SOURCE_CONTAINER:
        container_status(s, source->owner);
        break;
    case SOURCE_EXEC:
        exec_status(s, source->owner);
        break;
    }
}

static bool anything_lives(const struct shim *s)
{
    for (const struct container *c = s->containers; c; c = c->next)
        if (c->e.state != ENTRY_EXITED || c->draining)
            return true;
    for (const struct exec *x = s->execs; x; x = x->next)
        if (!x->gone)
            return true;
    return false;
}

static int initialize(struct shim *s, int listener)
{
    sigset_t handled;
    *s = (struct shim){
        .listener = {SOURCE_LISTENER, listener, NULL}, .connection = {SOURCE_CONNECTION, -1, NULL}, .reports = {SOURCE_PUMP, -1, NULL}};
    s->pump = (struct pump){-1, -1};
    sandbox_initialize(&s->sandbox);
    outbox_initialize(&s->outbox);
    // Nothing but SIGKILL or `stop` ends a shim that has containers: it is the only one who will know how they ended.
    // Before any thread, which inherits the mask. A system that shuts down sends SIGTERM: then it goes with its last container.
    sigemptyset(&handled);
    sigaddset(&handled, SIGCHLD);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &handled, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -1;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->signals = (struct source){SOURCE_SIGNALS, signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK), NULL};
    if (s->epoll < 0 || s->signals.fd < 0 || shim_watch(s, &s->signals) < 0 || shim_watch(s, &s->listener) < 0)
        return -1;
    // Started as /proc/self/fd/N its name would be that number.
    if (prctl(PR_SET_NAME, "insula-shim", 0, 0, 0) < 0 || k_hide_memory() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return -1;
    setsid(); // fails when the spawner has done it already
    umask(077);
    return chdir("/");
}

int supervise(int listener)
{
    static struct shim s;
    failpoints_open();
    failpoint("shim.begun");
    if (initialize(&s, listener) < 0)
    {
        say("insula-shim: starting: %s", strerror(errno));
        return 1;
    }
    while (!s.ending && !(s.terminating && !anything_lives(&s)))
    {
        // One event at a time: handling it may free what another one would point to.
        struct epoll_event event;
        bool deserted = s.connection.fd < 0 && is_useless(&s);
        int got = epoll_wait(s.epoll, &event, 1, deserted ? FIRST_CONNECTION_MS : containers_drain_timeout(&s));
        s.ending = s.ending || (got == 0 && deserted);
        if (got == 1)
            serve(&s, event.data.ptr, event.events);
        else if (got < 0 && errno != EINTR)
            return 1;
    }
    sandbox_end(&s.sandbox);
    return 0;
}

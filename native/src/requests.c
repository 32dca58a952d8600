#define _GNU_SOURCE
#include "failpoint.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void hello(struct shim *s, const struct packet *p)
{
    struct reply r;
    struct fail f;
    bool known = strcmp(p->words[2], "1") == 0;
    s->greeted = true;
    if (!known)
    {
        fail_set(&f, "version", EPROTONOSUPPORT, "this shim speaks version 1");
        shim_answer_fail(s, p->words[0], &f);
        s->greeted = false;
        return;
    }
    reply_start(&r, "ok", p->words[0]);
    reply_word(&r, "1");
    reply_number(&r, getpid());
    shim_send(s, &r, NULL, 0);
    for (struct container *c = s->containers; c; c = c->next)
        if (c->e.state == ENTRY_EXITED && !c->draining)
            container_report(s, c);
    for (struct exec *x = s->execs; x; x = x->next)
        exec_report(s, x);
}

static void setup(struct shim *s, const struct packet *p)
{
    struct fail f = {0};
    struct mapped_plan m;
    if (s->sandbox.state != SANDBOX_NONE)
        fail_set(&f, "sandbox", EALREADY, "setup was asked for already");
    else if (plan_map(&m, PLAN_SANDBOX, p, &f) == 0)
    {
        if (sandbox_setup(&s->sandbox, &m.plan.sandbox, p->fds + 1, &f) < 0 && !f.err)
            f.err = EIO;
        plan_release(&m);
    }
    failpoint("shim.setup.untold");
    if (f.err)
        shim_answer_fail(s, p->words[0], &f);
    else
        shim_answer(s, p->words[0]);
}

static void namespaces(struct shim *s, const struct packet *p)
{
    struct reply r;
    const struct sandbox *b = &s->sandbox;
    const struct
    {
        const char *name;
        int fd;
    } all[] = {{"net", b->net}, {"ipc", b->ipc}, {"uts", b->uts}, {"mnt", b->mnt}, {"pid", b->init_ns}, {"user", b->user}};
    int fds[sizeof all / sizeof *all], count = 0;
    if (b->state != SANDBOX_READY)
    {
        struct fail f;
        fail_set(&f, "sandbox", ENOTCONN, "there is no usable sandbox");
        shim_answer_fail(s, p->words[0], &f);
        return;
    }
    reply_start(&r, "ok", p->words[0]);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].fd >= 0)
        {
            reply_word(&r, all[i].name);
            fds[count++] = all[i].fd;
        }
    shim_send(s, &r, fds, count);
}

static void send_signal(struct shim *s, const struct packet *p, const struct entry *e)
{
    struct fail f = {0};
    uint64_t number;
    if (!e)
        fail_set(&f, "signal", ENOENT, "%s", p->words[2]);
    else if (!parse_u64(p->words[3], 10, 64, &number))
        fail_set(&f, "signal", EINVAL, "0 to 64 is wanted");
    else if (e->state != ENTRY_RUNNING || e->pidfd < 0)
        fail_set(&f, "signal", ESRCH, "%s does not run", p->words[2]);
    else if (k_pidfd_send_signal(e->pidfd, (int)number) < 0)
        fail_set(&f, "signal", errno, "%s", p->words[2]);
    if (f.err)
        shim_answer_fail(s, p->words[0], &f);
    else
        shim_answer(s, p->words[0]);
}

static void signal_container(struct shim *s, const struct packet *p)
{
    struct container *c = container_find(s, p->words[2]);
    send_signal(s, p, c ? &c->e : NULL);
}

static void signal_exec(struct shim *s, const struct packet *p)
{
    struct exec *x = exec_find(s, p->words[2]);
    send_signal(s, p, x ? &x->e : NULL);
}

static void list(struct shim *s, const struct packet *p)
{
    struct reply r;
    int64_t count = 0;
    for (struct container *c = s->containers; c; c = c->next)
        count++;
    for (struct exec *x = s->execs; x; x = x->next)
        count++;
    reply_start(&r, "ok", p->words[0]);
    reply_number(&r, count);
    shim_send(s, &r, NULL, 0);
    for (struct container *c = s->containers; c; c = c->next)
        entry_describe(s, p->words[0], "container", &c->e, false);
    for (struct exec *x = s->execs; x; x = x->next)
        entry_describe(s, p->words[0], "exec", &x->e, x->gone);
}

static void acknowledge(struct shim *s, const struct packet *p)
{
    struct fail f = {0};
    struct container *c = NULL;
    struct exec *x = NULL;
    if (strcmp(p->words[2], "container") == 0)
        c = container_find(s, p->words[3]);
    else if (strcmp(p->words[2], "exec") == 0)
        x = exec_find(s, p->words[3]);
    if (!c && !x)
        fail_set(&f, "ack", ENOENT, "%s", p->words[3]);
    else if (c ? c->e.state != ENTRY_EXITED || c->draining : !x->gone)
        fail_set(&f, "ack", EBUSY, "%s has not ended", p->words[3]);
    else if (c)
        container_forget(s, c);
    else
        exec_forget(s, x);
    failpoint("shim.ack.untold");
    if (f.err)
        shim_answer_fail(s, p->words[0], &f);
    else
        shim_answer(s, p->words[0]);
}

static void stop(struct shim *s, const struct packet *p)
{
    struct fail f;
    const char *busy = NULL;
    for (struct container *c = s->containers; c; c = c->next)
        if (c->e.state != ENTRY_EXITED || c->draining)
            busy = c->e.id;
    for (struct exec *x = s->execs; x; x = x->next)
        if (!x->gone)
            busy = x->e.id;
    if (busy)
    {
        fail_set(&f, "stop", EBUSY, "%s lives", busy);
        shim_answer_fail(s, p->words[0], &f);
        return;
    }
    sandbox_end(&s->sandbox);
    failpoint("shim.stop.untold");
    shim_answer(s, p->words[0]);
    s->ending = true;
}

static const struct verb
{
    const char *name;
    int words; // with id and verb
    bool descriptors;
    void (*handle)(struct shim *s, const struct packet *p);
} verbs[] = {
    {"hello", 3, false, hello},
    {"setup", 2, true, setup},
    {"namespaces", 2, false, namespaces},
    {"start", 3, true, container_start},
    {"signal", 4, false, signal_container},
    {"exec", 3, true, exec_start},
    {"resize", 5, false, exec_resize},
    {"exec-signal", 4, false, signal_exec},
    {"list", 2, false, list},
    {"ack", 4, false, acknowledge},
    {"attach", 5, true, container_attach},
    {"close-stdin", 3, false, container_close_stdin},
    {"stop", 2, false, stop},
};

void request_handle(struct shim *s, const struct packet *p)
{
    struct fail f;
    size_t id_length = strlen(p->words[0]);
    if (p->word_count < 2 || id_length == 0 || id_length >= REQUEST_MAX || !plan_valid_id(p->words[0]))
        return; // nothing to address an answer to
    const struct verb *verb = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, p->words[1]) == 0)
            verb = &verbs[i];
    bool greeting = verb && verb->handle == hello;
    bool was_greeted = s->greeted;
    s->greeted = true; // for the refusals below
    if (!was_greeted && !greeting)
        fail_set(&f, "hello", EPROTO, "hello must come first");
    else if (!verb)
        fail_set(&f, "request", EOPNOTSUPP, "%.40s: unknown verb", p->words[1]);
    else if (p->word_count != verb->words || (!verb->descriptors && p->fd_count))
        fail_set(
            &f, "request", EINVAL, "%s takes %d words and %s descriptors", verb->name, verb->words - 2, verb->descriptors ? "some" : "no");
    else
    {
        verb->handle(s, p);
        return;
    }
    shim_answer_fail(s, p->words[0], &f);
    s->greeted = was_greeted;
}

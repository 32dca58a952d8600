// What others than the container read and write of its streams. Its output is copied to them by the log thread; what they write goes
// to the pipe or terminal itself, which the shim holds open whoever else comes and goes.
#define _GNU_SOURCE
#include "failpoint.h"
#include "plan_words.h"
#include "shim.h"

#include <errno.h>
#include <string.h>

static struct container *running(struct shim *s, const struct packet *p, struct fail *f)
{
    struct container *c = container_find(s, p->words[2]);
    if (!c)
        fail_set(f, "attach", ENOENT, "%s", p->words[2]);
    else if (!c->logged || c->e.state == ENTRY_EXITED)
        fail_set(f, "attach", ESRCH, "%s does not run, or has no log", p->words[2]);
    return f->err ? NULL : c;
}

void container_attach(struct shim *s, const struct packet *p)
{
    struct fail f = {0};
    struct container *c = running(s, p, &f);
    int copies[2];
    for (int i = 0; i < 2 && c; i++)
        if (!plan_index(p->words[3 + i], p->fd_count, true, &copies[i]))
            c = NULL, fail_set(&f, "attach", EINVAL, "two streams are wanted, each N or -");
        else if (copies[i] >= 0)
            copies[i] = p->fds[copies[i]];
    if (c && pump_attach(&s->pump, c->token, copies, shim_pending(s, p->words[0])) < 0)
        fail_set(&f, "attach", errno, "the log thread does not take it");
    if (f.err)
        shim_answer_fail(s, p->words[0], &f);
}

void container_attached(struct shim *s, struct container *c, const struct pump_report *report)
{
    const struct pending *p = &report->request;
    struct reply r;
    failpoint("shim.attach.untold");
    if (!shim_is_pending(s, p))
        return;
    if (!c)
    {
        struct fail f;
        fail_set(&f, "attach", ESRCH, "it has ended");
        shim_answer_fail(s, p->id, &f);
        return;
    }
    reply_start(&r, "ok", p->id);
    reply_number(&r, report->time);
    if (c->input >= 0)
        reply_word(&r, c->tty ? "terminal" : "stdin");
    shim_send(s, &r, &c->input, c->input >= 0);
}

void container_close_stdin(struct shim *s, const struct packet *p)
{
    struct fail f = {0};
    struct container *c = running(s, p, &f);
    if (c && c->tty)
        fail_set(&f, "attach", EINVAL, "a terminal has no end of its input");
    if (f.err)
    {
        shim_answer_fail(s, p->words[0], &f);
        return;
    }
    close_fd(&c->input);
    failpoint("shim.stdin.closed");
    shim_answer(s, p->words[0]);
}

#define _GNU_SOURCE
#include "shim.h"
#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif
#define SEALS_WANTED 0xf // SEAL, SHRINK, GROW, WRITE

void entry_initialize(struct entry *e, const char *id, struct pending pending, enum source_kind kind, void *owner)
{
    *e = (struct entry){.pending = pending, .pidfd = -1, .status = {kind, -1, owner}};
    text_format(e->id, sizeof e->id, "%s", id);
}

void entry_warn(struct entry *e, const char *word)
{
    if (e->warning_count < (int)(sizeof e->warnings / sizeof *e->warnings))
        text_format(e->warnings[e->warning_count++], sizeof *e->warnings, "%s", word);
}

void entry_release(struct shim *s, struct entry *e)
{
    shim_unwatch(s, &e->status);
    close_fd(&e->pidfd);
}

void entry_describe(struct shim *s, const char *request, const char *kind, const struct entry *e, bool gone)
{
    struct reply r;
    reply_start(&r, "entry", request);
    reply_word(&r, kind);
    reply_word(&r, e->id);
    // To somebody who adopts the pod a start under way is a process like another: an end of it will be told in any case.
    reply_word(&r, e->state == ENTRY_EXITED ? "exited" : "running");
    reply_number(&r, e->pid);
    reply_number(&r, e->started);
    if (e->state == ENTRY_EXITED)
    {
        reply_number(&r, e->finished);
        reply_number(&r, e->code);
        reply_number(&r, e->signal);
        if (gone)
            reply_word(&r, "gone");
    }
    shim_send(s, &r, NULL, 0);
}

int plan_map(struct mapped_plan *m, enum plan_kind kind, const struct packet *p, struct fail *f)
{
    struct stat st;
    m->bytes = MAP_FAILED;
    if (p->fd_count < 1)
        return fail_set(f, "plan", EBADF, "no descriptor came with the request");
    // Sealed, or the sender could change words between their check and their use.
    int seals = fcntl(p->fds[0], F_GET_SEALS);
    if (seals < 0 || (seals & SEALS_WANTED) != SEALS_WANTED)
        return fail_set(f, "plan", EPERM, "the plan must be a memfd sealed against write, grow, shrink and seal");
    if (fstat(p->fds[0], &st) < 0)
        return fail_set(f, "plan", errno, "fstat");
    if (st.st_size <= 0 || st.st_size > PLAN_MAX_BYTES)
        return fail_set(
            f, "plan", st.st_size > 0 ? E2BIG : EINVAL, "%lld bytes: a plan has 1 to %u", (long long)st.st_size, PLAN_MAX_BYTES);
    m->length = (size_t)st.st_size;
    m->bytes = mmap(NULL, m->length, PROT_READ, MAP_PRIVATE, p->fds[0], 0);
    if (m->bytes == MAP_FAILED)
        return fail_set(f, "plan", errno, "mmap");
    if (plan_parse(&m->plan, kind, m->bytes, m->length, p->fd_count - 1, f) == 0)
        return 0;
    munmap(m->bytes, m->length);
    m->bytes = MAP_FAILED;
    return -1;
}

void plan_release(struct mapped_plan *m)
{
    if (m->bytes == MAP_FAILED)
        return;
    plan_free(&m->plan);
    munmap(m->bytes, m->length);
    m->bytes = MAP_FAILED;
}

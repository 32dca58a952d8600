// Parsing in two passes: the first cuts the words, checks names, counts and arity and sizes the arrays; the second fills them.
#define _GNU_SOURCE
#include "plan.h"
#include "plan_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cursor
{
    const char *at, *end;
};

static const char *next_word(struct cursor *c)
{
    const char *word = c->at;
    if (word == c->end)
        return NULL;
    c->at = word + strlen(word) + 1; // the caller has checked that the last byte is a NUL
    return word;
}

static const struct word_spec *find_word(const char *word, enum plan_kind kind)
{
    for (const struct word_spec *spec = plan_word_specs; spec->name; spec++)
        if ((spec->allowed & kind) && strcmp(spec->name, word) == 0)
            return spec;
    return NULL;
}

static int refuse(struct fail *f, const char *word, const char *why)
{
    return fail_set(f, "plan", EINVAL, "%.40s: %s", word, why);
}

static int read_arguments(struct cursor *c, const struct word_spec *spec, const char **arguments, struct fail *f)
{
    int count = spec->arguments;
    for (int i = 0; i < count; i++)
    {
        arguments[i] = next_word(c);
        if (!arguments[i])
            return refuse(f, spec->name, "the plan ends within its arguments");
        if (i == 0 && spec->word == W_LOG && strcmp(arguments[0], "none") == 0)
            count = 1;
    }
    return 0;
}

static int count_words(enum plan_kind kind, struct cursor c, size_t *seen, struct fail *f)
{
    const char *arguments[PLAN_MAX_ARGUMENTS];
    bool first = true;
    for (;;)
    {
        const char *word = next_word(&c);
        if (!word)
            return fail_set(f, "plan", EINVAL, "--end is missing: the plan is cut short");
        const struct word_spec *spec = find_word(word, kind);
        if (!spec)
            return refuse(f, word, "unknown word");
        if (first && spec->word != W_VERSION)
            return refuse(f, word, "--version must come first");
        first = false;
        if (seen[spec->word]++ && !spec->many)
            return refuse(f, word, "given twice");
        if (read_arguments(&c, spec, arguments, f) < 0)
            return -1;
        if (spec->word == W_VERSION && strcmp(arguments[0], "1") != 0)
            return fail_set(f, "plan", EPROTONOSUPPORT, "--version %.20s: this shim reads version 1", arguments[0]);
        if (spec->word == W_END)
            break;
    }
    if (c.at != c.end)
        return fail_set(f, "plan", EINVAL, "words after --end");
    for (const struct word_spec *spec = plan_word_specs; spec->name; spec++)
        if ((spec->required & kind) && !seen[spec->word])
            return refuse(f, spec->name, "missing");
    return 0;
}

static int fill(struct plan *plan, struct cursor c, int fd_count, struct fail *f)
{
    const char *arguments[PLAN_MAX_ARGUMENTS];
    for (const char *word; (word = next_word(&c));)
    {
        const struct word_spec *spec = find_word(word, plan->kind);
        const char *why;
        if (read_arguments(&c, spec, arguments, f) < 0)
            return -1;
        switch (plan->kind)
        {
        case PLAN_SANDBOX:
            why = sandbox_word(&plan->sandbox, spec->word, arguments, fd_count);
            break;
        case PLAN_CONTAINER:
            why = container_word(&plan->container, spec->word, arguments, fd_count);
            break;
        default:
            why = exec_word(&plan->exec, spec->word, arguments, fd_count);
            break;
        }
        if (why)
            return refuse(f, word, why);
    }
    return 0;
}

static void *array(size_t count, size_t size, bool *failed)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        *failed = true;
    return memory;
}

static void allocate_process(struct process_plan *p, const size_t *seen, bool *failed)
{
    p->rlimits = array(seen[W_RLIMIT], sizeof *p->rlimits, failed);
    p->env = array(seen[W_ENV] + 1, sizeof *p->env, failed);
    p->argv = array(seen[W_ARG] + 1, sizeof *p->argv, failed);
    p->seccomp = p->identity = p->program = -1;
}

static int allocate(struct plan *plan, const size_t *seen, struct fail *f)
{
    bool failed = false;
    switch (plan->kind)
    {
    case PLAN_SANDBOX:
        plan->sandbox.volumes = array(seen[W_MEMORY_VOLUME], sizeof *plan->sandbox.volumes, &failed);
        plan->sandbox.sysctls = array(seen[W_SYSCTL], sizeof *plan->sandbox.sysctls, &failed);
        plan->sandbox.init.cgroup = plan->sandbox.net_fd = -1;
        break;
    case PLAN_CONTAINER:
    {
        size_t mounts = 0;
        for (int word = W_MOUNT_FIRST; word <= W_MOUNT_LAST; word++)
            mounts += seen[word];
        plan->container.lowers = array(seen[W_LOWER], sizeof(char *), &failed);
        plan->container.mounts = array(mounts, sizeof *plan->container.mounts, &failed);
        plan->container.masks = array(seen[W_MASK], sizeof(char *), &failed);
        plan->container.readonlys = array(seen[W_READONLY], sizeof(char *), &failed);
        allocate_process(&plan->container.process, seen, &failed);
        break;
    }
    default:
        allocate_process(&plan->exec.process, seen, &failed);
        break;
    }
    return failed ? fail_set(f, "plan", ENOMEM, "too many words") : 0;
}

int plan_parse(struct plan *plan, enum plan_kind kind, const char *bytes, size_t length, int fd_count, struct fail *f)
{
    size_t seen[W_COUNT] = {0};
    struct cursor c = {bytes, bytes + length};
    memset(plan, 0, sizeof *plan);
    plan->kind = kind;
    if (length == 0 || length > PLAN_MAX_BYTES)
        return fail_set(f, "plan", length ? E2BIG : EINVAL, "%zu bytes: a plan has 1 to %u", length, PLAN_MAX_BYTES);
    if (bytes[length - 1] != '\0')
        return fail_set(f, "plan", EINVAL, "the last word is cut short");
    if (count_words(kind, c, seen, f) < 0)
        return -1;
    int result = allocate(plan, seen, f);
    if (result == 0)
        result = fill(plan, c, fd_count, f);
    if (result == 0)
    {
        const char *why = kind == PLAN_SANDBOX     ? sandbox_consistent(&plan->sandbox, seen)
                          : kind == PLAN_CONTAINER ? container_consistent(&plan->container)
                                                   : exec_consistent(&plan->exec);
        if (why)
            result = fail_set(f, "plan", EINVAL, "%s", why);
    }
    if (result < 0)
        plan_free(plan);
    return result;
}

static void free_process(struct process_plan *p)
{
    free(p->groups);
    free(p->rlimits);
    free(p->env);
    free(p->argv);
}

void plan_free(struct plan *plan)
{
    switch (plan->kind)
    {
    case PLAN_SANDBOX:
        free(plan->sandbox.volumes);
        free(plan->sandbox.sysctls);
        break;
    case PLAN_CONTAINER:
        free(plan->container.lowers);
        free(plan->container.mounts);
        free(plan->container.masks);
        free(plan->container.readonlys);
        free_process(&plan->container.process);
        break;
    case PLAN_EXEC:
        free_process(&plan->exec.process);
        break;
    }
    memset(plan, 0, sizeof *plan);
}

bool plan_valid_id(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= 128 && text[length] == '\0';
}

// Builds plans with the usual words and starts what they describe.
#define _GNU_SOURCE
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_process(struct words *w, const char *cwd, const char *umask, uint32_t uid, uint32_t gid, const char *groups,
    const char *caps, bool privileges, const char *seccomp, const char *lsm, const char *label, const char *oom)
{
    char u[16], g[16];
    snprintf(u, sizeof u, "%u", uid);
    snprintf(g, sizeof g, "%u", gid);
    const char *permitted = uid ? "0" : caps;
    add_words(w, "--cwd", cwd ? cwd : "/", "--umask", umask ? umask : "022", "--uid", u, "--gid", g, "--groups", groups ? groups : "-",
        "--caps", caps, permitted, permitted, "0", "0", "--no-new-privs", privileges ? "0" : "1", "--seccomp", seccomp ? seccomp : "none",
        "--lsm", lsm ? lsm : "none", label ? label : "-", "--oom-score-adj", oom ? oom : "-", NULL);
}

static void add_program(struct words *w, const char *const *env, const char *const *argv, const char *script)
{
    static const char *const usual[] = {"PATH=/bin", NULL};
    for (env = env ? env : usual; *env; env++)
        add_words(w, "--env", *env, NULL);
    if (!argv)
        add_words(w, "--arg", "sh", "--arg", "-c", "--arg", script, NULL);
    for (; argv && *argv; argv++)
        add_words(w, "--arg", *argv, NULL);
    add_words(w, "--end", NULL);
}

void plan_container(const struct world *w, struct words *plan, const struct spec *s)
{
    static const char *const usual[] = {"--proc", "/proc", "--dev", "/dev", "--devpts", "/dev/pts", "--mqueue", "/dev/mqueue", "--tmpfs",
        "/dev/shm", "65536", "1777", "nosuid,nodev,noexec", "--sysfs", "/sys", "ro", NULL};
    char upper[200], work[200], log[200];
    const char *id = s->id ? s->id : "c.0";
    snprintf(upper, sizeof upper, "/pod/containers/%s/upper", id);
    snprintf(work, sizeof work, "/pod/containers/%s/work", id);
    snprintf(log, sizeof log, "/pod/logs/%s/0.log", id);
    command("mkdir -p %s%s %s%s && chown %u:%u %s%s", w->dir, upper, w->dir, work, w->first_id, w->first_id, w->dir, upper);
    add_words(plan, "--version", "1", "--pid", s->pid ? s->pid : "private", "--cgroup", s->cgroup ? s->cgroup : "-", "--cgroupns",
        s->cgroupns ? s->cgroupns : "new", NULL);
    if (s->lower)
        add_words(plan, "--lower", s->lower, NULL);
    add_words(plan, "--lower", "/layers/base", "--upper", upper, "--work", work, "--overlay-volatile", "1", "--rootfs-readonly",
        s->readonly ? "1" : "0", NULL);
    add_list(plan, s->mounts ? s->mounts : usual);
    add_list(plan, s->extra);
    add_process(plan, s->cwd, s->umask, s->uid, s->gid, s->groups, s->caps ? s->caps : USUAL_CAPS, s->privileges, s->seccomp, s->lsm,
        s->label, s->oom);
    if (s->no_log)
        add_words(plan, "--log", "none", NULL);
    else
        add_words(plan, "--log", log, s->log_size ? s->log_size : "1000000", "3", NULL);
    add_program(plan, s->env, s->argv, s->script);
}

struct message *start(struct world *w, const struct spec *s)
{
    struct words plan = {0};
    int fds[9];
    plan_container(w, &plan, s);
    fds[0] = sealed(&plan, 0xf);
    memcpy(fds + 1, s->fds, sizeof s->fds);
    struct message *m = world_ask(w, fds, 1 + s->fd_count, "start", s->id ? s->id : "c.0");
    close(fds[0]);
    free(plan.bytes);
    return m;
}

char *world_log(const struct world *w, const char *id)
{
    char *all = read_file(world_path(w, "pod/logs/%s/0.log", id));
    CHECK(all, "no log of %s", id);
    char *to = all;
    for (char *from = all; *from;)
    {
        CHECK(strlen(from) > 40, "'%s'", from);
        bool partial = from[38] == 'P';
        size_t length = strcspn(from + 40, "\n") + !partial;
        memmove(to, from + 40, length);
        to += length;
        from += 40 + length + partial;
    }
    *to = '\0';
    return all;
}

void forget_layer(struct world *w, const char *id)
{
    command("rm -rf %s/pod/logs/%s %s/pod/containers/%s", w->dir, id, w->dir, id);
}

void forget(struct world *w, const char *id)
{
    struct message *m = world_ask(w, NULL, 0, "ack", "container", id);
    CHECK(ok(m), "%s", text(m));
    forget_layer(w, id);
}

char *run(struct world *w, const struct spec *s, int *code)
{
    const char *id = s->id ? s->id : "c.0";
    struct message *m = start(w, s);
    CHECK(ok(m), "%s", text(m));
    struct message e = world_event(w, "exit", id);
    int signal = atoi(e.words[5]), status = signal ? 128 + signal : atoi(e.words[4]);
    if (code)
        *code = status;
    char *output = s->no_log ? NULL : world_log(w, id);
    forget(w, id);
    return output;
}

struct message *start_exec(struct world *w, const struct exec_spec *s)
{
    struct words plan = {0};
    int fds[9];
    char stream[3][4];
    const char *stdio[3];
    fds[0] = -1;
    for (int i = 0; i < 3; i++)
    {
        snprintf(stream[i], sizeof stream[i], "%d", i);
        stdio[i] = s->fd_count > i && s->fds[i] >= 0 ? stream[i] : "-";
    }
    add_words(&plan, "--version", "1", "--container", s->container ? s->container : "c.0", "--cgroup", s->cgroup ? s->cgroup : "-", NULL);
    add_list(&plan, s->extra);
    add_process(&plan, NULL, NULL, s->uid, s->uid, NULL, USUAL_CAPS, false, NULL, NULL, NULL, NULL);
    add_words(&plan, "--tty", s->tty ? "1" : "0", "--stdio", stdio[0], stdio[1], stdio[2], NULL);
    add_program(&plan, NULL, s->argv, s->script);
    fds[0] = sealed(&plan, 0xf);
    for (int i = 0; i < s->fd_count; i++)
        fds[1 + i] = s->fds[i] >= 0 ? s->fds[i] : fds[0]; // indices stay what they are; the plan does not name it
    struct message *m = world_ask(w, fds, 1 + s->fd_count, "exec", s->id ? s->id : "x");
    close(fds[0]);
    free(plan.bytes);
    return m;
}

void expect(struct world *w, struct spec s, const char *output)
{
    int code;
    char *actual = run(w, &s, &code);
    CHECK(code == 0, "exit %d of %s: %s", code, s.script, actual);
    CHECK_TEXT(actual, output);
    free(actual);
}

// Plans: what is read, and that everything else is refused. No root, under sanitizers.
#define _GNU_SOURCE
#include "../src/plan.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

extern const struct test plan_tests[];

struct words
{
    char *bytes;
    size_t length;
};

static void add(struct words *w, const char *word)
{
    w->bytes = realloc(w->bytes, w->length + strlen(word) + 1);
    strcpy(w->bytes + w->length, word);
    w->length += strlen(word) + 1;
}

// Blanks separate words, so no word of these tests has one.
static void add_line(struct words *w, const char *line)
{
    char *copy = strdup(line), *rest = copy;
    for (char *word; (word = strsep(&rest, " "));)
        add(w, word);
    free(copy);
}

// Parses an exact copy, so that a read past its end is seen.
static int parse(enum plan_kind kind, const struct words *w, struct plan *plan, char **kept, struct fail *f)
{
    memset(f, 0, sizeof *f);
    *kept = malloc(w->length ? w->length : 1);
    if (w->length)
        memcpy(*kept, w->bytes, w->length);
    return plan_parse(plan, kind, *kept, w->length, 4, f);
}

static void refused_bytes(enum plan_kind kind, const struct words *w, int err, const char *text)
{
    struct plan plan;
    struct fail f;
    char *kept;
    int result = parse(kind, w, &plan, &kept, &f);
    free(kept);
    CHECK(result == -1, "accepted, expected: %s", text);
    CHECK(f.err == err, "errno %d (%s)", f.err, f.text);
    CHECK_TEXT(f.step, "plan");
    CHECK(strstr(f.text, text), "'%s' lacks '%s'", f.text, text);
}

static void refused(enum plan_kind kind, const char *line, const char *text)
{
    struct words w = {0};
    add_line(&w, line);
    refused_bytes(kind, &w, EINVAL, text);
    free(w.bytes);
}

#define PROCESS                                                                                                     \
    "--cwd / --umask 022 --uid 0 --gid 0 --groups - --caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --lsm none - " \
    "--oom-score-adj -"
#define CONTAINER_HEAD                                                                                                         \
    "--version 1 --pid private --cgroup - --cgroupns new --lower /layers/a --upper /pod/u --work /pod/w --overlay-volatile 1 " \
    "--rootfs-readonly 0 "
#define CONTAINER CONTAINER_HEAD PROCESS " --log none"
#define SANDBOX "--version 1 --net new --ipc new --uts new --userns host --pid private --hostname h --pod-dir 0 --layers 1"
#define EXEC "--version 1 --container c.0 --cgroup - " PROCESS " --tty 0 --stdio - - -"

static void accepted(enum plan_kind kind, const char *line)
{
    struct words w = {0};
    struct plan plan;
    struct fail f;
    char *kept;
    add_line(&w, line);
    int result = parse(kind, &w, &plan, &kept, &f);
    if (result == 0)
        plan_free(&plan);
    free(kept);
    free(w.bytes);
    CHECK(result == 0, "%s", f.text);
}

static void plans_are_read(void)
{
    struct words w = {0};
    struct plan plan;
    struct fail f;
    char *kept;
    add_line(&w, CONTAINER_HEAD
        "--cgroup-tasks 2 --cgroup-tasks 3 --lower /layers/b --mount-label u:o:f:s0:c1,c2 --proc /proc --tmpfs /t 4096 1777 nosuid,noexec "
        "--bind /pod/volumes/v /data rro,create-dir slave "
        "--bind-fd 1 /f ro,create-file private --device /dev/fuse c 10 229 666 1 2 --mask /proc/kcore --readonly "
        "/proc/sys --cwd /w --umask 0027 --uid 1000 --gid 4294967294 "
        "--groups 1,2,3 --caps a80425fb 1 1 1 1 --no-new-privs 0 --seccomp 0 --seccomp-flags 6 --lsm apparmor/exec "
        "exec:p --identity 3 --oom-score-adj -998 --rlimit NOFILE "
        "10 20 --rlimit RLIMIT_CORE 0 unlimited --log /pod/logs/c/0.log 100 2 "
        "--env A=1 --env B=--end --arg sh --arg --arg --end");
    CHECK(parse(PLAN_CONTAINER, &w, &plan, &kept, &f) == 0, "%s", f.text);
    const struct container_plan *c = &plan.container;
    CHECK(c->placement.cgroup == -1 && c->placement.task_count == 2 && c->placement.tasks[1] == 3);
    CHECK(c->lower_count == 2);
    CHECK_TEXT(c->lowers[1], "/layers/b");
    CHECK(c->mount_count == 5 && c->mounts[0].kind == MOUNT_PROC && c->mounts[4].kind == MOUNT_DEVICE);
    CHECK(c->mounts[1].attributes == 0xa, "%x", c->mounts[1].attributes);
    CHECK(c->mounts[2].recursive_readonly && c->mounts[2].create_dir && c->mounts[2].propagation == PROPAGATION_SLAVE);
    CHECK(c->mounts[3].fd == 1 && c->mounts[3].create_file && c->mounts[3].attributes == 1);
    CHECK(c->mounts[4].major == 10 && c->mounts[4].minor == 229 && c->mounts[4].device_mode == 0666 && c->mounts[4].gid == 2);
    CHECK(c->process.umask == 027 && c->process.uid == 1000 && c->process.gid == 4294967294u);
    CHECK(c->process.group_count == 3 && c->process.groups[2] == 3);
    CHECK(c->process.bounding == 0xa80425fb && !c->process.no_new_privs && c->process.seccomp == 0 && c->process.oom_score_adj == -998);
    CHECK(c->process.seccomp_flags == 6 && c->process.identity == 3);
    CHECK_TEXT(c->process.lsm_file, "apparmor/exec");
    CHECK_TEXT(c->process.lsm_text, "exec:p");
    CHECK_TEXT(c->mount_label, "u:o:f:s0:c1,c2");
    CHECK(c->process.rlimit_count == 2 && c->process.rlimits[0].hard == 20 && c->process.rlimits[1].resource == RLIMIT_CORE &&
          c->process.rlimits[1].hard == UINT64_MAX);
    CHECK_TEXT(c->process.env[1], "B=--end");
    CHECK(c->process.env[2] == NULL && c->process.argv[2] == NULL);
    CHECK_TEXT(c->process.argv[1], "--arg");
    CHECK(c->log_max_size == 100 && c->log_max_files == 2);
    plan_free(&plan);
    free(kept);
    free(w.bytes);
    accepted(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /pod/l 1 1 --stdin 1 --tty 1 --arg x --end");
    accepted(PLAN_CONTAINER,
        "--version 1 --pid container:web.0 --cgroup - --cgroupns new --lower /layers/a --upper /pod/u --work /pod/w --overlay-volatile 1 "
        "--rootfs-readonly 0 " PROCESS " --log none --arg x --end");
    refused(PLAN_CONTAINER,
        "--version 1 --pid container: --cgroup - --cgroupns new --lower /layers/a --upper /pod/u --work /pod/w --overlay-volatile 1 "
        "--rootfs-readonly 0 " PROCESS " --log none --arg x --end",
        "malformed container id");
    accepted(PLAN_CONTAINER, CONTAINER " --stdin 0 --tty 0 --arg x --end");
    accepted(PLAN_SANDBOX, SANDBOX " --end");
    accepted(PLAN_SANDBOX,
        "--version 1 --net fd:2 --ipc host --uts host --userns host --pid pod --init-cgroup 3 --pod-dir 0 --layers 1 --memory-volume "
        "m 0 1777 5 --sysctl net.core.somaxconn 1 --end");
    accepted(PLAN_EXEC, EXEC " --arg x --end");
}

static void user_namespaces(void)
{
#define USERS(net, ipc, uts, users, pid) \
    "--version 1 --net " net " --ipc " ipc " --uts " uts " --userns " users " --pid " pid " --hostname h --pod-dir 0 --layers 1 --end"
    struct words w = {0};
    struct plan plan;
    struct fail f;
    char *kept;
    add_line(&w, USERS("new", "new", "new", "131072:65536", "pod"));
    CHECK(parse(PLAN_SANDBOX, &w, &plan, &kept, &f) == 0, "%s", f.text);
    CHECK(plan.sandbox.first_id == 131072 && plan.sandbox.id_count == 65536);
    plan_free(&plan);
    free(kept);
    free(w.bytes);
    accepted(PLAN_SANDBOX, USERS("new", "new", "new", "1:65536", "private"));
    accepted(PLAN_SANDBOX, USERS("new", "new", "new", "4294901759:65536", "private"));
    static const char *const malformed[] = {"new", "131072", "131072:", ":65536", "131072:65536:", "131072:65536,0", "131072-65536",
        "+1:65536", " 1:65536", "0131072000000:65536", "-1:65536", "HOST"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    {
        struct words words = {0};
        const char *head[] = {"--version", "1", "--net", "new", "--ipc", "new", "--uts", "new", "--userns", malformed[i], "--pid",
            "private", "--hostname", "h", "--pod-dir", "0", "--layers", "1", "--end"};
        for (size_t j = 0; j < sizeof head / sizeof *head; j++)
            add(&words, head[j]);
        refused_bytes(PLAN_SANDBOX, &words, EINVAL, "--userns");
        free(words.bytes);
    }
    // The machine's root inside, too few, past the last id.
    refused(PLAN_SANDBOX, USERS("new", "new", "new", "0:65536", "private"), "at least 65536 ids");
    refused(PLAN_SANDBOX, USERS("new", "new", "new", "65536:65535", "private"), "at least 65536 ids");
    refused(PLAN_SANDBOX, USERS("new", "new", "new", "4294901760:65536", "private"), "at least 65536 ids");
    refused(PLAN_SANDBOX, USERS("new", "new", "new", "4294967296:65536", "private"), "at least 65536 ids");
    // What belongs to the machine would stay out of its reach, or within.
    refused(PLAN_SANDBOX, USERS("host", "new", "new", "131072:65536", "private"), "belong to it");
    refused(PLAN_SANDBOX, USERS("fd:2", "new", "new", "131072:65536", "private"), "belong to it");
    refused(PLAN_SANDBOX, USERS("new", "host", "new", "131072:65536", "private"), "belong to it");
    refused(PLAN_SANDBOX, USERS("new", "new", "new", "131072:65536", "host"), "belong to it");
    refused(PLAN_SANDBOX, "--version 1 --net new --ipc new --uts host --userns 131072:65536 --pid private --pod-dir 0 --layers 1 --end",
        "belong to it");
    accepted(PLAN_SANDBOX, SANDBOX " --memory-volume m 0 1777 65536 --end");
    refused(PLAN_SANDBOX,
        "--version 1 --net new --ipc new --uts new --userns 131072:65536 --pid private --hostname h --pod-dir 0 --layers 1 --memory-volume "
        "m "
        "0 1777 65536 --end",
        "another user namespace");
    accepted(PLAN_CONTAINER, CONTAINER " --bind /pod/x /data ro,create-dir,idmap private --arg x --end");
    refused(PLAN_CONTAINER, CONTAINER " --tmpfs /t 1 1777 idmap --arg x --end", "idmap belongs to binds");
}

static void words_that_are_refused(void)
{
    refused(PLAN_CONTAINER, CONTAINER " --arg x", "--end is missing");
    refused(PLAN_CONTAINER, CONTAINER " --arg x --end --env A=1", "after --end");
    refused(PLAN_CONTAINER, CONTAINER " --arg x --end --end", "after --end");
    refused(PLAN_CONTAINER, CONTAINER " --arg x --unheard-of --end", "unknown word");
    refused(PLAN_CONTAINER, CONTAINER " --arg x --hostname h --end", "unknown word");
    refused(PLAN_CONTAINER, CONTAINER " --uid 0 --arg x --end", "given twice");
    refused(PLAN_CONTAINER, CONTAINER " --end", "--arg: missing");
    refused(PLAN_CONTAINER, "--pid private " CONTAINER " --arg x --end", "--version must come first");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net.a", "ends within");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl", "ends within");
    refused(PLAN_EXEC, "--end", "--version must come first");
    struct words w = {0};
    add_line(&w, "--version 2 --end");
    refused_bytes(PLAN_EXEC, &w, EPROTONOSUPPORT, "--version 2");
    free(w.bytes);
}

// Leaving out any single class must refuse: nothing about security has a default.
static void every_class_is_required(void)
{
    static const char *const plans[] = {CONTAINER " --arg x --end", SANDBOX " --end", EXEC " --arg x --end"};
    static const enum plan_kind kinds[] = {PLAN_CONTAINER, PLAN_SANDBOX, PLAN_EXEC};
    for (int p = 0; p < 3; p++)
    {
        const char *line = plans[p];
        for (const char *start = strstr(line, " --") + 1; strncmp(start, "--end", 5) != 0; start = strstr(start, " --") + 1)
        {
            struct words w = {0};
            struct plan plan;
            struct fail f;
            char *kept, shortened[1024];
            const char *next = strstr(start, " --") + 1;
            snprintf(shortened, sizeof shortened, "%.*s%s", (int)(start - line), line, next);
            add_line(&w, shortened);
            int result = parse(kinds[p], &w, &plan, &kept, &f);
            free(kept);
            free(w.bytes);
            CHECK(result == -1, "accepted without %.20s", start);
        }
    }
}

static void every_cut_is_refused(void)
{
    struct words w = {0};
    add_line(&w, CONTAINER " --proc /proc --env A=1 --arg x --end");
    for (size_t length = 0; length < w.length; length++)
    {
        struct words cut = {w.bytes, length};
        struct plan plan;
        struct fail f;
        char *kept;
        int result = parse(PLAN_CONTAINER, &cut, &plan, &kept, &f);
        free(kept);
        CHECK(result == -1, "%zu of %zu bytes accepted", length, w.length);
    }
    free(w.bytes);
}

static void arguments_that_are_refused(void)
{
#define WITH(x) CONTAINER " " x " --arg x --end"
    refused(PLAN_CONTAINER, WITH("--bind /pod/x data - private"), "--bind");
    refused(PLAN_CONTAINER, WITH("--bind /pod/../x /data - private"), "--bind");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data/.. - private"), "--bind");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x / - private"), "not / itself");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data/ - private"), "--bind");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data ro,ro private"), "doubled flag");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data rw private"), "unknown");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data ro, private"), "unknown");
    refused(PLAN_CONTAINER, WITH("--bind /pod/x /data - rprivate"), "private, slave or shared");
    refused(PLAN_CONTAINER, WITH("--bind-fd 4 /data - private"), "no such descriptor");
    refused(PLAN_CONTAINER, WITH("--bind-fd 1 /a - private --bind-fd 1 /b - private"), "two places");
    refused(PLAN_SANDBOX, "--version 1 --net new --ipc new --uts new --userns host --pid private --hostname h --pod-dir 0 --layers 0 --end",
        "two places");
    refused(PLAN_CONTAINER, WITH("--bind-fd -1 /data - private"), "no such descriptor");
    refused(PLAN_CONTAINER, WITH("--bind-fd - /data - private"), "no such descriptor");
    refused(PLAN_CONTAINER, WITH("--tmpfs /t 1k 1777 -"), "--tmpfs");
    refused(PLAN_CONTAINER, WITH("--tmpfs /t 1 1778 -"), "--tmpfs");
    refused(PLAN_CONTAINER, WITH("--device /dev/x p 1 3 666 0 0"), "c or b");
    refused(PLAN_CONTAINER, WITH("--device /dev/x c 4096 3 666 0 0"), "device number");
    refused(PLAN_CONTAINER, WITH("--lower /pod/x"), "/layers");
    refused(PLAN_CONTAINER, WITH("--lower /layers/../pod"), "without . and ..");
    refused(PLAN_CONTAINER, WITH("--mask proc"), "--mask");
    refused(PLAN_CONTAINER, WITH("--mount-label "), "without quotes");
    refused(PLAN_CONTAINER, WITH("--mount-label a:b:c:s0\",lowerdir=/"), "without quotes");
    refused(PLAN_CONTAINER, WITH("--mount-label a:b:c --mount-label a:b:c"), "--mount-label");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILES 1 1"), "unknown limit");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILE 2 1"), "above the hard");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILE 1 18446744073709551616"), "--rlimit");
    refused(PLAN_CONTAINER, WITH("--env A"), "NAME=VALUE");
    refused(PLAN_CONTAINER, WITH("--env =A"), "NAME=VALUE");
#define REPLACED(x) CONTAINER_HEAD x " --log none --arg x --end"
#define IDS "--cwd / --umask 022 --uid 0 --gid 0 --groups - "
#define REST " --no-new-privs 1 --seccomp none --lsm none - --oom-score-adj -"
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid 4294967295 --gid 0 --groups - --caps 0 0 0 0 0" REST), "--uid");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid -1 --gid 0 --groups - --caps 0 0 0 0 0" REST), "--uid");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid 18446744073709551617 --gid 0 --groups - --caps 0 0 0 0 0" REST), "--uid");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid root --gid 0 --groups - --caps 0 0 0 0 0" REST), "--uid");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid 0 --gid 0 --groups 1,,2 --caps 0 0 0 0 0" REST), "group");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 022 --uid 0 --gid 0 --groups 1, --caps 0 0 0 0 0" REST), "group");
    refused(PLAN_CONTAINER, REPLACED("--cwd / --umask 8 --uid 0 --gid 0 --groups - --caps 0 0 0 0 0" REST), "--umask");
    refused(PLAN_CONTAINER, REPLACED("--cwd x --umask 022 --uid 0 --gid 0 --groups - --caps 0 0 0 0 0" REST), "--cwd");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0x1 0 0 0 0" REST), "hexadecimal");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 1 1 0 0 0" REST), "not permitted");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 1 1 1 0 1" REST), "ambient");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs yes --seccomp none --lsm none - --oom-score-adj -"), "0 or 1");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp - --lsm none - --oom-score-adj -"), "--seccomp");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --lsm none - --oom-score-adj 1001"),
        "--oom-score-adj");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --oom-score-adj -"), "--lsm: missing");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --lsm smack x --oom-score-adj -"), "--lsm");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --lsm ../../exec x --oom-score-adj -"), "--lsm");
    refused(PLAN_CONTAINER, WITH("--seccomp-flags 0x2"), "hexadecimal");
    refused(PLAN_CONTAINER, WITH("--seccomp-flags 100000000"), "hexadecimal");
    refused(PLAN_CONTAINER, WITH("--identity 4"), "no such descriptor");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /etc/x 1 1 --arg x --end", "/pod");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /pod/x 0 1 --arg x --end", "--log");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /pod/x 1 0 --arg x --end", "--log");
    refused(PLAN_CONTAINER, CONTAINER " --stdin 1 --arg x --end", "with a log");
    refused(PLAN_CONTAINER, CONTAINER " --tty 1 --arg x --end", "with a log");
    refused(PLAN_CONTAINER, WITH("--stdin yes"), "0 or 1");
    refused(PLAN_CONTAINER, WITH("--tty 2"), "0 or 1");
    refused(PLAN_CONTAINER, WITH("--stdin 0 --stdin 0"), "given twice");
    refused(PLAN_EXEC, EXEC " --stdin 1 --arg x --end", "--stdin");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl kernel.core_pattern x --end", "not a sysctl of the pod");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net..core x --end", "malformed");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net/../kernel/core_pattern x --end", "malformed");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net.core.somaxconn 1\n2 --end", "control characters");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume .. 0 700 0 --end", "plain name");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume a 0 700 4294967295 --end", "--memory-volume");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume a/b 0 700 0 --end", "plain name");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume a 0 700 0 --memory-volume a 0 700 0 --end", "given twice");
    refused(PLAN_SANDBOX, SANDBOX " --init-cgroup - --end", "--pid pod");
    refused(PLAN_SANDBOX,
        "--version 1 --net host --ipc new --uts new --userns host --pid private --hostname h --pod-dir 0 --layers 1 --sysctl "
        "net.core.somaxconn 1 --end",
        "of the host");
    refused(PLAN_SANDBOX,
        "--version 1 --net new --ipc new --uts host --userns host --pid private --hostname h --pod-dir 0 --layers 1 --end", "--hostname");
    refused(PLAN_EXEC, "--version 1 --container ../c --cgroup - " PROCESS " --tty 0 --stdio - - - --arg x --end", "malformed container id");
    refused(PLAN_EXEC, EXEC " --program 9 --arg x --end", "no such descriptor");
    refused(PLAN_EXEC, EXEC " --program - --arg x --end", "no such descriptor");
    refused(PLAN_CONTAINER, CONTAINER " --program 0 --arg x --end", "--program");
    refused(PLAN_EXEC, "--version 1 --container c --cgroup - " PROCESS " --tty 1 --stdio 0 - - --arg x --end", "--tty 1");
}

static void sizes_of_plans(void)
{
    struct words w = {0};
    struct plan plan;
    struct fail f;
    char *kept;
    refused_bytes(PLAN_EXEC, &w, EINVAL, "0 bytes");
    // Far over the size of a packet: 20,000 variables.
    add_line(&w, CONTAINER);
    for (int i = 0; i < 20000; i++)
    {
        char variable[64];
        snprintf(variable, sizeof variable, "VARIABLE_%d=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", i);
        add(&w, "--env");
        add(&w, variable);
        if (i % 1000 == 0)
            w.bytes = realloc(w.bytes, w.length + 64);
    }
    add_line(&w, "--arg x --end");
    CHECK(parse(PLAN_CONTAINER, &w, &plan, &kept, &f) == 0, "%s", f.text);
    CHECK(plan.container.process.env_count == 20000);
    plan_free(&plan);
    free(kept);
    w.bytes = realloc(w.bytes, PLAN_MAX_BYTES + 1);
    memset(w.bytes, 0, PLAN_MAX_BYTES + 1);
    w.length = PLAN_MAX_BYTES + 1;
    refused_bytes(PLAN_CONTAINER, &w, E2BIG, "bytes");
    free(w.bytes);
}

const struct test plan_tests[] = {
    {"plans are read", plans_are_read},
    {"user namespaces", user_namespaces},
    {"words that are refused", words_that_are_refused},
    {"every class is required", every_class_is_required},
    {"every cut is refused", every_cut_is_refused},
    {"arguments that are refused", arguments_that_are_refused},
    {"sizes of plans", sizes_of_plans},
    {0},
};

// What needs no kernel and no root: plans, packets, log cutting and rotation, formatting. Runs under sanitizers.
#define _GNU_SOURCE
#include "../src/format.h"
#include "../src/logs.h"
#include "../src/plan.h"
#include "../src/proto.h"
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

#define PROCESS "--cwd / --umask 022 --uid 0 --gid 0 --groups - --caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --oom-score-adj -"
#define CONTAINER_HEAD "--version 1 --pid private --cgroup - --cgroupns new --lower /layers/a --upper /pod/u --work /pod/w --overlay-volatile 1 --rootfs-readonly 0 "
#define CONTAINER CONTAINER_HEAD PROCESS " --log none"
#define SANDBOX "--version 1 --net new --ipc new --uts new --pid private --hostname h --pod-dir 0 --layers 1"
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
    add_line(&w, CONTAINER_HEAD "--cgroup-tasks 2 --cgroup-tasks 3 --lower /layers/b --proc /proc --tmpfs /t 4096 1777 nosuid,noexec --bind /pod/volumes/v /data rro,create-dir slave "
                                "--bind-fd 1 /f ro,create-file private --device /dev/fuse c 10 229 666 1 2 --mask /proc/kcore --readonly /proc/sys --cwd /w --umask 0027 --uid 1000 --gid 4294967294 "
                                "--groups 1,2,3 --caps a80425fb 1 1 1 1 --no-new-privs 0 --seccomp 0 --oom-score-adj -998 --rlimit NOFILE 10 20 --rlimit RLIMIT_CORE 0 unlimited --log /pod/logs/c/0.log 100 2 "
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
    CHECK(c->process.rlimit_count == 2 && c->process.rlimits[0].hard == 20 && c->process.rlimits[1].resource == RLIMIT_CORE && c->process.rlimits[1].hard == UINT64_MAX);
    CHECK_TEXT(c->process.env[1], "B=--end");
    CHECK(c->process.env[2] == NULL && c->process.argv[2] == NULL);
    CHECK_TEXT(c->process.argv[1], "--arg");
    CHECK(c->log_max_size == 100 && c->log_max_files == 2);
    plan_free(&plan);
    free(kept);
    free(w.bytes);
    accepted(PLAN_SANDBOX, SANDBOX " --end");
    accepted(PLAN_SANDBOX, "--version 1 --net fd:2 --ipc host --uts host --pid pod --init-cgroup 3 --pod-dir 0 --layers 1 --memory-volume m 0 1777 --sysctl net.core.somaxconn 1 --end");
    accepted(PLAN_EXEC, EXEC " --arg x --end");
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
    refused(PLAN_CONTAINER, WITH("--bind-fd -1 /data - private"), "no such descriptor");
    refused(PLAN_CONTAINER, WITH("--bind-fd - /data - private"), "no such descriptor");
    refused(PLAN_CONTAINER, WITH("--tmpfs /t 1k 1777 -"), "--tmpfs");
    refused(PLAN_CONTAINER, WITH("--tmpfs /t 1 1778 -"), "--tmpfs");
    refused(PLAN_CONTAINER, WITH("--device /dev/x p 1 3 666 0 0"), "c or b");
    refused(PLAN_CONTAINER, WITH("--device /dev/x c 4096 3 666 0 0"), "device number");
    refused(PLAN_CONTAINER, WITH("--lower /pod/x"), "/layers");
    refused(PLAN_CONTAINER, WITH("--lower /layers/../pod"), "without . and ..");
    refused(PLAN_CONTAINER, WITH("--mask proc"), "--mask");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILES 1 1"), "unknown limit");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILE 2 1"), "above the hard");
    refused(PLAN_CONTAINER, WITH("--rlimit NOFILE 1 18446744073709551616"), "--rlimit");
    refused(PLAN_CONTAINER, WITH("--env A"), "NAME=VALUE");
    refused(PLAN_CONTAINER, WITH("--env =A"), "NAME=VALUE");
#define REPLACED(x) CONTAINER_HEAD x " --log none --arg x --end"
#define IDS "--cwd / --umask 022 --uid 0 --gid 0 --groups - "
#define REST " --no-new-privs 1 --seccomp none --oom-score-adj -"
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
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs yes --seccomp none --oom-score-adj -"), "0 or 1");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp - --oom-score-adj -"), "--seccomp");
    refused(PLAN_CONTAINER, REPLACED(IDS "--caps 0 0 0 0 0 --no-new-privs 1 --seccomp none --oom-score-adj 1001"), "--oom-score-adj");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /etc/x 1 1 --arg x --end", "/pod");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /pod/x 0 1 --arg x --end", "--log");
    refused(PLAN_CONTAINER, CONTAINER_HEAD PROCESS " --log /pod/x 1 0 --arg x --end", "--log");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl kernel.core_pattern x --end", "not a sysctl of the pod");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net..core x --end", "malformed");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net/../kernel/core_pattern x --end", "malformed");
    refused(PLAN_SANDBOX, SANDBOX " --sysctl net.core.somaxconn 1\n2 --end", "control characters");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume .. 0 700 --end", "plain name");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume a/b 0 700 --end", "plain name");
    refused(PLAN_SANDBOX, SANDBOX " --memory-volume a 0 700 --memory-volume a 0 700 --end", "given twice");
    refused(PLAN_SANDBOX, SANDBOX " --init-cgroup - --end", "--pid pod");
    refused(PLAN_SANDBOX, "--version 1 --net host --ipc new --uts new --pid private --hostname h --pod-dir 0 --layers 1 --sysctl net.core.somaxconn 1 --end", "of the host");
    refused(PLAN_SANDBOX, "--version 1 --net new --ipc new --uts host --pid private --hostname h --pod-dir 0 --layers 1 --end", "--hostname");
    refused(PLAN_EXEC, "--version 1 --container ../c --cgroup - " PROCESS " --tty 0 --stdio - - - --arg x --end", "malformed container id");
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

static void packets_are_cut_into_words(void)
{
    static struct packet p;
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    CHECK(send(pair[0], "1\0hello\0" "1", 10, 0) == 10);
    CHECK(packet_receive(pair[1], &p) == 1);
    CHECK(p.word_count == 3);
    CHECK_TEXT(p.words[1], "hello");
    // Without its last NUL, too many words, empty, too long: refused, not cut.
    CHECK(send(pair[0], "1\0hello", 7, 0) == 7);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EBADMSG);
    char many[2 * (PACKET_MAX_WORDS + 1)] = {0};
    CHECK(send(pair[0], many, PACKET_MAX_WORDS + 1, 0) == PACKET_MAX_WORDS + 1);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EBADMSG);
    static char large[PACKET_MAX + 1];
    memset(large, 'x', sizeof large - 1);
    CHECK(send(pair[0], large, sizeof large, 0) == (ssize_t)sizeof large);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EMSGSIZE);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EAGAIN);
    close(pair[0]);
    CHECK(packet_receive(pair[1], &p) == 0);
    close(pair[1]);
}

static void a_full_outbox_is_kept_in_order(void)
{
    struct outbox o;
    static struct packet p;
    int pair[2], size = 4096;
    outbox_initialize(&o);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    for (int i = 0; i < 500; i++)
    {
        struct reply r;
        reply_start(&r, "event", "x");
        reply_number(&r, i);
        CHECK(outbox_send(&o, pair[0], &r, NULL, 0) == 0);
    }
    CHECK(o.count > 0 && o.count < 500);
    for (int i = 0; i < 500; i++)
    {
        if (packet_receive(pair[1], &p) != 1)
        {
            CHECK(outbox_flush(&o, pair[0]) == 0);
            CHECK(packet_receive(pair[1], &p) == 1, "packet %d", i);
        }
        CHECK(atoi(p.words[2]) == i, "%s instead of %d", p.words[2], i);
    }
    CHECK(o.count == 0);
    // Somebody who never reads is cut off.
    struct reply r;
    reply_start(&r, "event", "x");
    int sent = 0;
    while (outbox_send(&o, pair[0], &r, NULL, 0) == 0)
        CHECK(sent++ < 100000);
    outbox_clear(&o);
    close(pair[0]);
    close(pair[1]);
}

static void long_words_are_cut_in_replies(void)
{
    struct reply r;
    static char text[2 * PACKET_MAX];
    memset(text, 'y', sizeof text - 1);
    reply_start(&r, "err", "1");
    reply_word(&r, text);
    reply_word(&r, "more");
    CHECK(r.length == PACKET_MAX && r.bytes[PACKET_MAX - 1] == '\0');
}

static void formatting(void)
{
    char text[128];
    CHECK(text_format(text, sizeof text, "%s|%.2s|%.*s|%d|%u|%x|%o|%zu|%lld|%llu|%%", "ab", "xyz", 1, "qr", -5, 7u, 255u, 8u, (size_t)9, -9223372036854775807LL - 1, 18446744073709551615ULL) == (int)strlen(text));
    CHECK_TEXT(text, "ab|xy|q|-5|7|ff|10|9|-9223372036854775808|18446744073709551615|%");
    CHECK(text_format(text, 4, "%s", "abcdef") == 6);
    CHECK_TEXT(text, "abc");
    struct
    {
        const char *text;
        bool valid;
    } ids[] = {{"web.0", true}, {"", false}, {"a/b", false}, {"a b", false}, {"\n", false}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        CHECK(plan_valid_id(ids[i].text) == ids[i].valid, "%s", ids[i].text);
}

static void log_times(void)
{
    char text[31];
    static const struct
    {
        int64_t time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000000Z"},
        {951782399999999999, "2000-02-28T23:59:59.999999999Z"},
        {951782400000000001, "2000-02-29T00:00:00.000000001Z"},
        {4107542399000000000, "2100-02-28T23:59:59.000000000Z"},
        {4107542400000000000, "2100-03-01T00:00:00.000000000Z"},
        {1735689599500000000, "2024-12-31T23:59:59.500000000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        log_format_time(text, cases[i].time);
        CHECK_TEXT(text, cases[i].text);
    }
}

static char log_dir[64];

static void open_log(struct log_file *file, uint64_t max_size, uint32_t max_files)
{
    char path[80];
    int fds[2];
    struct fail f;
    strcpy(log_dir, "/tmp/insula-test-log-XXXXXX");
    CHECK(mkdtemp(log_dir));
    snprintf(path, sizeof path, "%s/sub/0.log", log_dir);
    CHECK(log_open(path, fds, &f) == 0, "%s", f.text);
    log_file_initialize(file, path, fds, max_size, max_files);
}

// The content without the 31 bytes of time and blank in front of every line.
static char *read_log(const char *name)
{
    char path[120];
    snprintf(path, sizeof path, "%s/sub/%s", log_dir, name);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return NULL;
    char *all = calloc(1, 1), *line = NULL;
    size_t size = 0, length = 0;
    for (ssize_t got; (got = getline(&line, &size, stream)) > 0;)
    {
        CHECK(got > 31 && line[29] == 'Z' && line[30] == ' ' && line[got - 1] == '\n', "%.60s", line);
        all = realloc(all, length + (size_t)got + 1);
        memcpy(all + length, line + 31, (size_t)got - 31 + 1);
        length += (size_t)got - 31;
    }
    free(line);
    fclose(stream);
    return all;
}

static void remove_logs(struct log_file *file)
{
    char command[120];
    log_file_close(file);
    snprintf(command, sizeof command, "rm -r %s", log_dir);
    CHECK(system(command) == 0);
}

static void lines_are_cut(void)
{
    struct log_file file;
    static struct log_stream stream;
    static char line[2 * LOG_LINE_MAX + 2];
    open_log(&file, 1 << 20, 3);
    stream.kind = LOG_STDOUT;
    log_append(&file, &stream, "a\n\nbc", 5, 0);
    log_append(&file, &stream, "d\nrest", 6, 0);
    stream.kind = LOG_STDERR;
    log_finish(&file, &stream, 0);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F a\nstdout F \nstdout F bcd\nstderr F rest\n");
    free(text);
    // Exactly the maximum is one full entry however it arrives; one byte more is partial and full; twice the maximum too.
    struct
    {
        size_t length, first_part;
        const char *tags;
    } cases[] = {{LOG_LINE_MAX, LOG_LINE_MAX, "F"}, {LOG_LINE_MAX, 1, "F"}, {LOG_LINE_MAX + 1, LOG_LINE_MAX + 1, "PF"}, {LOG_LINE_MAX + 1, LOG_LINE_MAX, "PF"}, {2 * LOG_LINE_MAX, 7, "PF"}, {2 * LOG_LINE_MAX + 1, 16, "PPF"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        remove_logs(&file);
        open_log(&file, 1 << 20, 3);
        stream.kind = LOG_STDOUT;
        memset(line, 'x', cases[i].length);
        line[cases[i].length] = '\n';
        log_append(&file, &stream, line, cases[i].first_part, 0);
        log_append(&file, &stream, line + cases[i].first_part, cases[i].length + 1 - cases[i].first_part, 0);
        text = read_log("0.log");
        size_t total = 0, entries = 0;
        for (char *at = text; *at; entries++)
        {
            CHECK(at[7] == cases[i].tags[entries], "case %zu entry %zu is %c", i, entries, at[7]);
            size_t length = strcspn(at, "\n");
            total += length - 9;
            CHECK(length - 9 <= LOG_LINE_MAX);
            at += length + 1;
        }
        CHECK(entries == strlen(cases[i].tags) && total == cases[i].length, "case %zu: %zu entries, %zu bytes", i, entries, total);
        free(text);
    }
    remove_logs(&file);
}

static void rotation_is_exact(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct stat st;
    char path[100], line[16];
    // An entry "012\n" has 40 + 3 + 1 = 44 bytes: three fit into 132, and not into 131.
    open_log(&file, 132, 3);
    stream.kind = LOG_STDOUT;
    for (int i = 0; i < 10; i++)
    {
        snprintf(line, sizeof line, "%03d\n", i);
        log_append(&file, &stream, line, 4, 0);
    }
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 009\n");
    free(text);
    text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 006\nstdout F 007\nstdout F 008\n");
    free(text);
    text = read_log("0.log.2");
    CHECK_TEXT(text, "stdout F 003\nstdout F 004\nstdout F 005\n");
    free(text);
    CHECK(read_log("0.log.3") == NULL);
    snprintf(path, sizeof path, "%s/sub/0.log.1", log_dir);
    CHECK(stat(path, &st) == 0 && st.st_size == 132 && (st.st_mode & 0777) == 0640);
    remove_logs(&file);
    // In one chunk as well, one byte tighter.
    open_log(&file, 131, 2);
    log_append(&file, &stream, "000\n001\n002\n003\n", 16, 0);
    text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 002\nstdout F 003\n");
    free(text);
    text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 000\nstdout F 001\n");
    free(text);
    remove_logs(&file);
    // One file only: it starts anew. An entry above the size has a file of its own.
    open_log(&file, 60, 1);
    log_append(&file, &stream, "000\n0123456789012345678901234567890123456789\n002\n", 49, 0);
    text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 002\n");
    free(text);
    CHECK(read_log("0.log.1") == NULL);
    remove_logs(&file);
}

static void a_log_goes_on_where_it_was(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct fail f;
    int fds[2];
    char path[80];
    open_log(&file, 100, 2);
    stream.kind = LOG_STDOUT;
    log_append(&file, &stream, "000\n", 4, 0);
    log_file_close(&file);
    snprintf(path, sizeof path, "%s/sub/0.log", log_dir);
    CHECK(log_open(path, fds, &f) == 0);
    log_file_initialize(&file, path, fds, 100, 2);
    CHECK(file.size == 44, "%llu", (unsigned long long)file.size);
    log_append(&file, &stream, "001\n002\n", 8, 0);
    char *text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 000\nstdout F 001\n");
    free(text);
    remove_logs(&file);
}

static void logs_follow_no_links(void)
{
    struct log_file file;
    struct fail f = {0};
    int fds[2];
    char path[100], target[100];
    open_log(&file, 100, 2);
    snprintf(path, sizeof path, "%s/sub/link.log", log_dir);
    snprintf(target, sizeof target, "%s/elsewhere", log_dir);
    CHECK(symlink(target, path) == 0);
    CHECK(log_open(path, fds, &f) == -1 && f.err == ELOOP, "%d", f.err);
    CHECK(access(target, F_OK) == -1);
    snprintf(path, sizeof path, "%s/sub/fifo.log", log_dir);
    CHECK(mkfifo(path, 0600) == 0);
    CHECK(log_open(path, fds, &f) == -1, "a fifo was taken for a log");
    remove_logs(&file);
}

static void a_refusing_disk_is_counted_and_marked(void)
{
    struct log_file file;
    static struct log_stream stream;
    open_log(&file, 1 << 20, 2);
    stream.kind = LOG_STDOUT;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK(full >= 0);
    log_append(&file, &stream, "kept\n", 5, 0);
    int good = file.fd;
    file.fd = full;
    log_append(&file, &stream, "lost 1\nlost 2\n", 14, 0);
    log_append(&file, &stream, "lost 3\n", 7, 0);
    CHECK(file.lost_lines == 3 && file.unreported_lines == 3 && file.lost_bytes == 3 * 47, "%llu lines", (unsigned long long)file.lost_lines);
    file.fd = good;
    close(full);
    log_append(&file, &stream, "kept again\n", 11, 0);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F kept\nstderr F [insula: 3 lines, 141 bytes lost here: the disk refused them]\nstdout F kept again\n");
    CHECK(file.lost_lines == 0 && !file.failing);
    free(text);
    remove_logs(&file);
}

// A file size limit gives short writes: no half entry may stay.
static void torn_entries_are_taken_back(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct rlimit old, small = {70, 70};
    open_log(&file, 1 << 20, 2);
    stream.kind = LOG_STDOUT;
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small.rlim_max = old.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    log_append(&file, &stream, "000\n", 4, 0);
    log_append(&file, &stream, "001\n", 4, 0);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(file.lost_lines == 1, "%llu", (unsigned long long)file.lost_lines);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 000\n");
    free(text);
    remove_logs(&file);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"plans are read", plans_are_read},
        {"words that are refused", words_that_are_refused},
        {"every class is required", every_class_is_required},
        {"every cut is refused", every_cut_is_refused},
        {"arguments that are refused", arguments_that_are_refused},
        {"sizes of plans", sizes_of_plans},
        {"packets are cut into words", packets_are_cut_into_words},
        {"a full outbox is kept in order", a_full_outbox_is_kept_in_order},
        {"long words are cut in replies", long_words_are_cut_in_replies},
        {"formatting", formatting},
        {"log times", log_times},
        {"lines are cut", lines_are_cut},
        {"rotation is exact", rotation_is_exact},
        {"a log goes on where it was", a_log_goes_on_where_it_was},
        {"logs follow no links", logs_follow_no_links},
        {"a refusing disk is counted and marked", a_refusing_disk_is_counted_and_marked},
        {"torn entries are taken back", torn_entries_are_taken_back},
        {0},
    };
    signal(SIGXFSZ, SIG_IGN);
    return check_run((const struct test *const[]){tests, NULL}, argc, argv);
}

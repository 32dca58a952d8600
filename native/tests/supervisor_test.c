// The protocol, ends and their codes, logs, adoption.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool failed_with(const struct message *m, const char *step, int err)
{
    return strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], step) == 0 && atoi(m->words[3]) == err;
}

static void hello_comes_first(void)
{
    struct world w;
    world_open(&w, NULL, NULL, NULL, 0);
    struct message *m = world_ask(&w, NULL, 0, "start", "c.0");
    CHECK(failed_with(m, "sandbox", ENOTCONN), "%s", text(m));
    m = world_ask(&w, NULL, 0, "namespaces");
    CHECK(failed_with(m, "sandbox", ENOTCONN), "%s", text(m));
    m = world_ask(&w, NULL, 0, "frobnicate");
    CHECK(failed_with(m, "request", EOPNOTSUPP), "%s", text(m));
    m = world_ask(&w, NULL, 0, "signal", "c.0");
    CHECK(failed_with(m, "request", EINVAL), "%s", text(m));
    m = world_ask(&w, (int[]){0}, 1, "list");
    CHECK(failed_with(m, "request", EINVAL), "%s", text(m));
    m = world_ask(&w, NULL, 0, "hello", "2");
    CHECK(failed_with(m, "version", EPROTONOSUPPORT), "%s", text(m));
    m = world_ask(&w, NULL, 0, "list");
    CHECK(failed_with(m, "hello", EPROTO), "%s", text(m));
    m = world_ask(&w, NULL, 0, "hello", "1");
    CHECK(ok(m), "%s", text(m));
    world_close(&w);
}

// A daemon that dies before it has set anything up leaves no shim behind; one that dies later does.
static void a_useless_shim_goes(void)
{
    struct world w;
    int status;
    world_open(&w, NULL, NULL, NULL, 0);
    world_connect(&w); // replaced, not lost
    close(w.socket);
    CHECK(waitpid(w.shim, &status, 0) == w.shim && status == 0, "%x", (unsigned)status);
    command("rm -rf %s", w.dir);
    // A setup that fails half-way, with its PID 1 running or not.
    world_open(&w, NULL, NULL, NULL, 0);
    struct words plan = {0};
    add_words(&plan, "--version", "1", "--net", "new", "--ipc", "new", "--uts", "new", "--userns", "host", "--pid", "pod", "--hostname",
        "h", "--pod-dir", "0", "--layers", "1", "--end", NULL);
    // The layers are no detached mount.
    int fds[3] = {sealed(&plan, 0xf), detached(world_path(&w, "pod")), open(w.dir, O_PATH | O_CLOEXEC)};
    struct message *m = world_ask(&w, fds, 3, "setup");
    CHECK(strcmp(m->words[0], "err") == 0, "%s", text(m));
    close(w.socket);
    CHECK(waitpid(w.shim, &status, 0) == w.shim && status == 0, "%x", (unsigned)status);
    free(plan.bytes);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    command("rm -rf %s", w.dir);
    world_open(&w, "private", NULL, NULL, 0);
    close(w.socket);
    usleep(50000);
    world_connect(&w);
    world_close(&w);
}

static void plans_must_be_sealed_and_whole(void)
{
    struct world w;
    struct words plan = {0};
    world_open(&w, "private", NULL, NULL, 0);
    struct message *m = world_ask(&w, NULL, 0, "setup");
    CHECK(failed_with(m, "sandbox", EALREADY), "%s", text(m));
    m = world_ask(&w, NULL, 0, "start", "c.0");
    CHECK(failed_with(m, "plan", EBADF), "%s", text(m));
    struct spec s = {.script = "exit 0"};
    plan_container(&w, &plan, &s);
    int fd = sealed(&plan, 0x7); // all but write
    m = world_ask(&w, &fd, 1, "start", "c.0");
    CHECK(failed_with(m, "plan", EPERM), "%s", text(m));
    close(fd);
    plan.length--;
    fd = sealed(&plan, 0xf);
    m = world_ask(&w, &fd, 1, "start", "c.0");
    CHECK(failed_with(m, "plan", EINVAL), "%s", text(m));
    m = world_ask(&w, &fd, 1, "start", "../c");
    CHECK(failed_with(m, "container", EINVAL), "%s", text(m));
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    m = world_ask(&w, &fd, 1, "start", "c.0");
    CHECK(failed_with(m, "plan", EPERM), "%s", text(m));
    close(fd);
    free(plan.bytes);
    m = world_ask(&w, NULL, 0, "list");
    CHECK(strcmp(m->words[2], "0") == 0, "%s", text(m));
    world_close(&w);
}

static void broken_packets_end_the_connection(void)
{
    struct world w;
    static char large[5000];
    char byte;
    world_open(&w, "private", NULL, NULL, 0);
    const struct
    {
        const char *bytes;
        size_t length;
    } packets[] = {{"1\0list", 6}, {large, sizeof large}, {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20}};
    for (size_t i = 0; i < 3; i++)
    {
        CHECK(send(w.socket, packets[i].bytes, packets[i].length, 0) == (ssize_t)packets[i].length);
        CHECK(recv(w.socket, &byte, 1, 0) <= 0, "packet %zu", i);
        close(w.socket);
        world_connect(&w);
    }
    world_close(&w);
}

// The pods' containers may have any end; PID 1 of a namespace ignores most signals, so these share the host's.
static void all_codes_and_signals(void)
{
    struct world w;
    char script[64];
    int code;
    world_open(&w, "host", NULL, NULL, 0);
    static const char *const none[] = {NULL};
    for (int i = 0; i < 256; i++)
    {
        snprintf(script, sizeof script, "exit %d", i);
        struct spec s = {.pid = "host", .script = script, .no_log = true, .mounts = none};
        run(&w, &s, &code);
        CHECK(code == i, "%d instead of %d", code, i);
    }
    static const char *const sleeper[] = {"sleep", "60", NULL};
    for (int i = 1; i <= 64; i++)
    {
        char number[8];
        if (i == SIGCHLD || i == SIGCONT || i == SIGURG || i == SIGWINCH || i == SIGSTOP || i == SIGTSTP || i == SIGTTIN || i == SIGTTOU)
            continue; // not deadly
        snprintf(number, sizeof number, "%d", i);
        struct spec s = {.pid = "host", .argv = sleeper, .no_log = true, .mounts = none};
        CHECK(ok(start(&w, &s)));
        struct message *m = world_ask(&w, NULL, 0, "signal", "c.0", number);
        CHECK(ok(m), "%s", text(m));
        struct message e = world_event(&w, "exit", "c.0");
        CHECK(atoi(e.words[4]) == 0 && atoi(e.words[5]) == i, "%s for signal %d", text(&e), i);
        forget(&w, "c.0");
    }
    world_close(&w);
}

static void signals_are_sent(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done"};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    m = world_ask(&w, NULL, 0, "stop");
    CHECK(failed_with(m, "stop", EBUSY), "%s", text(m));
    m = world_ask(&w, NULL, 0, "ack", "container", "c.0");
    CHECK(failed_with(m, "ack", EBUSY), "%s", text(m));
    for (char *log = NULL; !log || !strstr(log, "ready"); log = read_file(world_path(&w, "pod/logs/c.0/0.log")))
        free(log);
    m = world_ask(&w, NULL, 0, "signal", "c.0", "15");
    CHECK(ok(m), "%s", text(m));
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "42") == 0 && strcmp(e.words[5], "0") == 0, "%s", text(&e));
    m = world_ask(&w, NULL, 0, "signal", "c.0", "15");
    CHECK(failed_with(m, "signal", ESRCH), "%s", text(m));
    m = world_ask(&w, NULL, 0, "signal", "nobody", "15");
    CHECK(failed_with(m, "signal", ENOENT), "%s", text(m));
    world_close(&w);
}

static void failed_starts_leave_nothing(void)
{
    struct world w;
    static const char *const missing[] = {"/nonesuch", NULL}, *const dir[] = {"/tmp", NULL}, *const search[] = {"nonesuch", NULL};
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.argv = missing};
    struct message *m = start(&w, &s);
    CHECK(failed_with(m, "exec", ENOENT), "%s", text(m));
    forget_layer(&w, "c.0");
    s.argv = dir;
    m = start(&w, &s);
    CHECK(failed_with(m, "exec", EACCES), "%s", text(m));
    forget_layer(&w, "c.0");
    s.argv = search;
    m = start(&w, &s);
    CHECK(failed_with(m, "exec", ENOENT), "%s", text(m));
    forget_layer(&w, "c.0");
    s.argv = NULL;
    s.script = "exit 0";
    s.cwd = "/bin/busybox";
    m = start(&w, &s);
    CHECK(failed_with(m, "cwd", ENOTDIR), "%s", text(m));
    forget_layer(&w, "c.0");
    s.cwd = NULL;
    s.caps = "1ffffffffffffff";
    m = start(&w, &s);
    CHECK(failed_with(m, "caps", EPERM), "%s", text(m));
    m = world_ask(&w, NULL, 0, "list");
    CHECK(strcmp(m->words[2], "0") == 0, "%s", text(m));
    CHECK(!world_has_event(&w, "exit", NULL, 50), "an exit of something that never started");
    world_close(&w);
}

static void exits_wait_for_their_acknowledgement(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "exit 3"}, twice = {.script = "exit 4"};
    CHECK(ok(start(&w, &s)));
    struct message first = world_event(&w, "exit", "c.0");
    char finished[32];
    snprintf(finished, sizeof finished, "%s", first.words[6]);
    struct message *m = start(&w, &twice);
    CHECK(failed_with(m, "container", EEXIST), "%s", text(m));
    // A daemon that died: the next one takes its place, and is told again, twice.
    for (int i = 0; i < 2; i++)
    {
        world_connect(&w);
        struct message again = world_event(&w, "exit", "c.0");
        CHECK(strcmp(again.words[4], "3") == 0 && strcmp(again.words[6], finished) == 0, "%s", text(&again));
    }
    m = world_ask(&w, NULL, 0, "ack", "container", "c.0");
    CHECK(ok(m), "%s", text(m));
    world_connect(&w);
    CHECK(!world_has_event(&w, "exit", "c.0", 50), "told after it was acknowledged");
    world_close(&w);
}

static void a_new_connection_adopts(void)
{
    struct world w;
    char pid[16], started[32];
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "for i in $(seq 2000); do echo line $i; done; sleep 0.2; exit 5"};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    snprintf(pid, sizeof pid, "%s", m->words[2]);
    snprintf(started, sizeof started, "%s", m->words[3]);
    close(w.socket);
    world_connect(&w);
    m = world_ask(&w, NULL, 0, "list");
    CHECK(strcmp(m->words[2], "1") == 0, "%s", text(m));
    m = world_answer(&w, w.last_request);
    CHECK(strcmp(m->words[2], "container") == 0 && strcmp(m->words[3], "c.0") == 0 && strcmp(m->words[4], "running") == 0, "%s", text(m));
    CHECK(strcmp(m->words[5], pid) == 0 && strcmp(m->words[6], started) == 0, "%s", text(m));
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "5") == 0, "%s", text(&e));
    char *log = world_log(&w, "c.0"), *at = log, line[32];
    for (int i = 1; i <= 2000; i++)
    {
        int length = snprintf(line, sizeof line, "line %d\n", i);
        CHECK(strncmp(at, line, (size_t)length) == 0, "line %d is missing", i);
        at += length;
    }
    CHECK(*at == '\0');
    free(log);
    world_close(&w);
}

static void the_log_is_complete_at_the_exit(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    for (int i = 0; i < 20; i++)
    {
        struct spec s = {.script = "seq 5000; echo last >&2"};
        char *output = run(&w, &s, NULL);
        CHECK(strstr(output, "\n5000\n") && strstr(output, "last\n"), "round %d: ends with '%s'", i, output + strlen(output) - 20);
        free(output);
    }
    world_close(&w);
}

static void logs_rotate(void)
{
    struct world w;
    struct stat st;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "seq 1000 1999", .log_size = "4500"}; // 45 bytes an entry: 100 to a file
    CHECK(ok(start(&w, &s)));
    world_event(&w, "exit", "c.0");
    for (int i = 0; i < 3; i++)
    {
        CHECK(stat(world_path(&w, i ? "pod/logs/c.0/0.log.%d" : "pod/logs/c.0/0.log", i), &st) == 0);
        CHECK(st.st_size == 4500, "file %d has %ld bytes", i, (long)st.st_size);
    }
    CHECK(stat(world_path(&w, "pod/logs/c.0/0.log.3"), &st) < 0);
    char *log = world_log(&w, "c.0");
    CHECK(strncmp(log, "1900\n", 5) == 0, "%.20s", log);
    free(log);
    world_close(&w);
}

// A process that outlives its container (no PID namespace ends it) is reaped by the shim; its log goes on.
static void orphans_are_reaped(void)
{
    struct world w;
    world_open(&w, "host", NULL, NULL, 0);
    struct spec s = {.pid = "host", .script = "(sleep 0.2; echo late) & exit 0"};
    CHECK(ok(start(&w, &s)));
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "0") == 0, "%s", text(&e));
    char *log = NULL;
    for (int i = 0; i < 100 && !(log && strstr(log, "late")); i++)
    {
        free(log);
        usleep(20000);
        log = read_file(world_path(&w, "pod/logs/c.0/0.log"));
    }
    CHECK(log && strstr(log, "late"), "%s", log ? log : "no log");
    free(log);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", w.shim, w.shim);
    char *children = NULL;
    for (int i = 0; i < 100 && !(children && !*children); i++)
    {
        free(children);
        usleep(20000);
        children = read_file(path);
    }
    CHECK(children && !*children, "children: %s", children);
    free(children);
    world_close(&w);
}

static void many_at_once(void)
{
    struct world w;
    char ids[40][8];
    world_open(&w, "private", NULL, NULL, 0);
    for (int i = 0; i < 40; i++)
    {
        snprintf(ids[i], sizeof ids[i], "c.%d", i);
        struct spec s = {.id = ids[i], .script = "echo $$; exit 7"};
        CHECK(ok(start(&w, &s)));
    }
    for (int i = 0; i < 40; i++)
    {
        struct message e = world_event(&w, "exit", ids[i]);
        CHECK(strcmp(e.words[4], "7") == 0, "%s", text(&e));
        char *log = world_log(&w, ids[i]);
        CHECK(strcmp(log, "1\n") == 0, "%s", log);
        free(log);
    }
    world_close(&w);
}

static void what_stands_open(void)
{
    struct world w;
    char command[200];
    world_open(&w, "private", NULL, NULL, 0);
    // Nothing of the host's file systems: its root, its working directory, its mounts, its descriptors.
    snprintf(command, sizeof command,
        "! grep -vE ' /(pod|layers|volumes|proc|empty|rootfs)? ?' /proc/%d/mountinfo && test $(wc -l < /proc/%d/mountinfo) = 5 && ! ls -l "
        "/proc/%d/fd | grep -E ' /(dev|etc|root|home|usr|tmp)'",
        w.shim, w.shim, w.shim);
    CHECK(system(command) == 0, "%s", command);
    snprintf(command, sizeof command, "test $(awk '/^Pss:/{s+=$2}END{print s}' /proc/%d/smaps) -le 200", w.shim);
    if (!getenv("SHIM_STDERR"))
        CHECK(system(command) == 0, "%s", command);
    world_close(&w);
}

const struct test supervisor_tests[] = {
    {"hello comes first", hello_comes_first},
    {"a useless shim goes", a_useless_shim_goes},
    {"plans must be sealed and whole", plans_must_be_sealed_and_whole},
    {"broken packets end the connection", broken_packets_end_the_connection},
    {"all codes and signals", all_codes_and_signals},
    {"signals are sent", signals_are_sent},
    {"failed starts leave nothing", failed_starts_leave_nothing},
    {"exits wait for their acknowledgement", exits_wait_for_their_acknowledgement},
    {"a new connection adopts", a_new_connection_adopts},
    {"the log is complete at the exit", the_log_is_complete_at_the_exit},
    {"logs rotate", logs_rotate},
    {"orphans are reaped", orphans_are_reaped},
    {"many at once", many_at_once},
    {"what stands open", what_stands_open},
    {0},
};

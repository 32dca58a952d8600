// Commands in running containers: streams, terminals, ends, trees.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Whether the container may trace what is launched among its processes: then commands come in another way.
static bool traced;

static void open_sleeper(struct world *w)
{
    world_open(w, "private", NULL, NULL, 0);
    // A PID 1 that reaps nothing, as most are.
    struct spec s = {.argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true, .caps = traced ? TRACER_CAPS : NULL};
    struct message *m = start(w, &s);
    CHECK(ok(m), "%s", text(m));
}

static void close_sleeper(struct world *w)
{
    struct message *m = world_ask(w, NULL, 0, "signal", "c.0", "9");
    CHECK(ok(m), "%s", text(m));
    world_event(w, "exit", "c.0");
    world_close(w);
}

static void forget_exec(struct world *w, const char *id)
{
    world_event(w, "exec-gone", id);
    struct message *m = world_ask(w, NULL, 0, "ack", "exec", id);
    CHECK(ok(m), "%s", text(m));
}

// Everything that can be read until the end.
static char *drain(int fd)
{
    char *all = calloc(1, 1);
    size_t length = 0;
    for (;;)
    {
        char buffer[4096];
        struct pollfd p = {fd, POLLIN, 0};
        CHECK(poll(&p, 1, 10000) == 1, "no end of the output: %s", all);
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got <= 0)
            return all;
        all = realloc(all, length + (size_t)got + 1);
        memcpy(all + length, buffer, (size_t)got);
        all[length += (size_t)got] = '\0';
    }
}

static void streams_and_codes(void)
{
    struct world w;
    int in[2], out[2], err[2];
    open_sleeper(&w);
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    struct exec_spec x = {
        .script = "cat; echo oops >&2; ls /proc/self/fd; exit 9", .fds = {in[0], out[1], err[1]}, .fd_count = 3, .uid = 1000};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m), "%s", text(m));
    close(in[0]);
    close(out[1]);
    close(err[1]);
    CHECK(write(in[1], "given\n", 6) == 6);
    close(in[1]);
    char *output = drain(out[0]), *errors = drain(err[0]);
    CHECK_TEXT(output, "given\n0\n1\n2\n3\n");
    CHECK_TEXT(errors, "oops\n");
    free(output);
    free(errors);
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "9") == 0 && strcmp(e.words[4], "0") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    close(out[0]);
    close(err[0]);
    x = (struct exec_spec){.script = "kill -9 $$"};
    CHECK(ok(start_exec(&w, &x)));
    e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "0") == 0 && strcmp(e.words[4], "9") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    close_sleeper(&w);
}

// A program of ours in an image that has none: it is handed over, and nothing of its name is looked for.
static void programs_that_are_handed_over(void)
{
    struct world w;
    int out[2];
    open_sleeper(&w);
    int program = open("/bin/busybox", O_PATH | O_CLOEXEC);
    CHECK(program >= 0 && pipe2(out, O_CLOEXEC) == 0);
    struct exec_spec x = {.argv = (const char *const[]){"/none/such/echo", "handed", "over", NULL},
        .extra = (const char *const[]){"--program", "3", NULL},
        .fds = {-1, out[1], -1, program},
        .fd_count = 4,
        .uid = 1000};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m), "%s", text(m));
    close(out[1]);
    char *output = drain(out[0]);
    CHECK_TEXT(output, "handed over\n");
    free(output);
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "0") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    // What cannot be executed is told as such.
    close(program);
    program = open("/etc/passwd", O_PATH | O_CLOEXEC);
    x.fds[1] = -1;
    x.fds[3] = program;
    m = start_exec(&w, &x);
    CHECK(strcmp(m->words[2], "exec") == 0 && atoi(m->words[3]) == EACCES, "%s", text(m));
    close(program);
    close(out[0]);
    close_sleeper(&w);
}

static void refusals(void)
{
    struct world w;
    open_sleeper(&w);
    struct exec_spec x = {.argv = (const char *const[]){"nonesuch", NULL}};
    struct message *m = start_exec(&w, &x);
    CHECK(strcmp(m->words[2], "exec") == 0 && atoi(m->words[3]) == ENOENT, "%s", text(m));
    x = (struct exec_spec){.container = "c.1", .script = "true"};
    m = start_exec(&w, &x);
    CHECK(strcmp(m->words[2], "container") == 0 && atoi(m->words[3]) == ENOENT, "%s", text(m));
    x = (struct exec_spec){.script = "sleep 60"};
    CHECK(ok(start_exec(&w, &x)));
    m = start_exec(&w, &x);
    CHECK(atoi(m->words[3]) == EEXIST, "%s", text(m));
    m = world_ask(&w, NULL, 0, "ack", "exec", "x");
    CHECK(atoi(m->words[3]) == EBUSY, "%s", text(m));
    m = world_ask(&w, NULL, 0, "stop");
    CHECK(atoi(m->words[3]) == EBUSY, "%s", text(m));
    m = world_ask(&w, NULL, 0, "exec-signal", "x", "15");
    CHECK(ok(m), "%s", text(m));
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[4], "15") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    // In a container that has ended.
    m = world_ask(&w, NULL, 0, "signal", "c.0", "9");
    world_event(&w, "exit", "c.0");
    m = start_exec(&w, &x);
    CHECK(strcmp(m->words[2], "container") == 0 && atoi(m->words[3]) == ESRCH, "%s", text(m));
    world_close(&w);
}

static void terminals(void)
{
    struct world w;
    open_sleeper(&w);
    struct exec_spec x = {.script = "tty; ls -1 /proc/self/fd; read line; stty size; echo got $line; exit 4", .tty = true, .uid = 1000};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m) && m->fd_count == 1, "%s", text(m));
    int master = m->fds[0];
    m = world_ask(&w, NULL, 0, "resize", "x", "33", "77");
    CHECK(ok(m), "%s", text(m));
    usleep(50000); // the helper sets the size asynchronously, and the kernel tells nobody but the terminal
    CHECK(write(master, "word\n", 5) == 5);
    char *output = drain(master);
    CHECK(strstr(output, "/dev/pts/0\r\n0\r\n1\r\n2\r\n3\r\n"), "%s", output);
    CHECK(strstr(output, "33 77\r\ngot word\r\n"), "%s", output);
    free(output);
    close(master);
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "4") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    m = world_ask(&w, NULL, 0, "resize", "x", "1", "1");
    CHECK(atoi(m->words[3]) == ENOENT, "%s", text(m));
    // Nobody else holds the master: when its holder closes it the session is hung up.
    x.script = "cat";
    m = start_exec(&w, &x);
    CHECK(ok(m) && m->fd_count == 1, "%s", text(m));
    close(m->fds[0]);
    e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[4], "1") == 0, "%s", text(&e));
    forget_exec(&w, "x");
    close_sleeper(&w);
}

static void the_tree_is_waited_for(void)
{
    struct world w;
    open_sleeper(&w);
    struct exec_spec x = {.script = "(sleep 0.3 &) ; exit 6"};
    CHECK(ok(start_exec(&w, &x)));
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "6") == 0, "%s", text(&e));
    CHECK(!world_has_event(&w, "exec-gone", "x", 100), "gone before its last process");
    forget_exec(&w, "x");
    close_sleeper(&w);
}

static int count_zombies(struct world *w)
{
    struct exec_spec x = {.id = "count", .script = "grep -hl 'State:.*Z' /proc/[0-9]*/status 2>/dev/null | wc -l"};
    int out[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    x.fds[0] = -1;
    x.fds[1] = out[1];
    x.fds[2] = -1;
    x.fd_count = 3;
    CHECK(ok(start_exec(w, &x)));
    close(out[1]);
    char *output = drain(out[0]);
    int count = atoi(output);
    free(output);
    close(out[0]);
    world_event(w, "exec-exit", "count");
    forget_exec(w, "count");
    return count;
}

// Twenty trees killed by cgroup.kill, below a PID 1 that does not reap: nothing stays.
static void killed_trees_leave_no_zombies(void)
{
    struct world w;
    char unified[256], group[300], file[320];
    CHECK(geteuid() == 0 && world_cgroup2(unified), "root and a cgroup2 are needed");
    open_sleeper(&w);
    for (int i = 0; i < 20; i++)
    {
        snprintf(group, sizeof group, "%s/insula-test-shim-exec-%d-%d", unified, getpid(), i);
        CHECK(mkdir(group, 0755) == 0, "%s", strerror(errno));
        struct exec_spec x = {.script = "for i in 1 2 3; do (sleep 60 & sleep 60) & done; (sleep 60 &); sleep 60",
            .cgroup = "3",
            .fds = {-1, -1, -1, open(group, O_RDONLY | O_DIRECTORY)},
            .fd_count = 4};
        struct message *m = start_exec(&w, &x);
        CHECK(ok(m), "%s", text(m));
        close(x.fds[3]);
        if (i % 2)
            usleep(20000); // half of them when the tree has grown
        snprintf(file, sizeof file, "%s/cgroup.kill", group);
        int kill = open(file, O_WRONLY);
        CHECK(kill >= 0 && write(kill, "1", 1) == 1, "%s", strerror(errno));
        close(kill);
        struct message e = world_event(&w, "exec-exit", "x");
        CHECK(strcmp(e.words[4], "9") == 0, "%s", text(&e));
        forget_exec(&w, "x");
        CHECK(rmdir(group) == 0, "%s: %s", group, strerror(errno));
    }
    CHECK(count_zombies(&w) == 0);
    close_sleeper(&w);
}

static void the_end_of_the_container_ends_its_execs(void)
{
    struct world w;
    open_sleeper(&w);
    struct exec_spec x = {.script = "sleep 60"};
    CHECK(ok(start_exec(&w, &x)));
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[4], "9") == 0, "%s", text(&e));
    // Told again to the next daemon, until acknowledged.
    world_event(&w, "exec-gone", "x");
    world_connect(&w);
    world_event(&w, "exec-exit", "x");
    forget_exec(&w, "x");
    world_close(&w);
}

// What lives in the container between exec and exit of the tree has nothing to take.
static void the_helper_is_bare(void)
{
    struct world w;
    char pid[16], path[64], command[400];
    open_sleeper(&w);
    struct exec_spec x = {.script = "exec sleep 60"};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m), "%s", text(m));
    snprintf(pid, sizeof pid, "%s", m->words[2]);
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    // It sheds after the answer: wait for its last step, which the kernel shows.
    char *status = NULL;
    for (int i = 0; i < 200 && !(status && strstr(status, "NoNewPrivs:\t1")); i++)
    {
        free(status);
        usleep(5000);
        status = read_file(path);
    }
    CHECK(status && strstr(status, "CapPrm:\t0000000000000000") && strstr(status, "CapBnd:\t0000000000000000") &&
              strstr(status, "NoNewPrivs:\t1"),
        "%s", status);
    free(status);
    // 0–2 the null device, its signals and the channel to the shim.
    snprintf(command, sizeof command,
        "test $(ls /proc/%s/fd | wc -l) = 5 && test $(ls -l /proc/%s/fd | grep -c '/null$') = 3 && test \"$(tr '\\0' ' ' < "
        "/proc/%s/cmdline | sed 's/ *$//')\" = insula-exec",
        pid, pid, pid);
    CHECK(system(command) == 0, "%s", command);
    // Nor can anything be had through /proc from inside, even as root with all usual capabilities.
    int out[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    struct exec_spec look = {.id = "look",
        .script = "for p in /proc/[0-9]*; do case $(cat $p/comm) in insula-exec) (cat $p/exe >/dev/null) 2>&1 || echo exe; (echo x > "
                  "$p/exe) 2>/dev/null || echo write; readlink $p/fd/0 || echo fd; ls $p/root/ >/dev/null 2>&1 || echo root;; esac; done",
        .fds = {-1, out[1], -1},
        .fd_count = 3};
    CHECK(ok(start_exec(&w, &look)));
    close(out[1]);
    char *output = drain(out[0]);
    CHECK(strstr(output, "exe\nwrite\nfd\nroot\n"), "%s", output);
    free(output);
    close(out[0]);
    world_event(&w, "exec-exit", "look");
    forget_exec(&w, "look");
    CHECK(ok(world_ask(&w, NULL, 0, "exec-signal", "x", "9")));
    forget_exec(&w, "x");
    close_sleeper(&w);
}

static void many_execs(void)
{
    struct world w;
    struct stat st;
    char path[64], id[16];
    open_sleeper(&w);
    int before = -1;
    for (int i = 0; i < 100; i++)
    {
        snprintf(id, sizeof id, "x%d", i);
        struct exec_spec x = {.id = id, .script = "true"};
        struct message *m = start_exec(&w, &x);
        CHECK(ok(m), "%s", text(m));
        world_event(&w, "exec-exit", id);
        forget_exec(&w, id);
        // No descriptor is lost on the way.
        snprintf(path, sizeof path, "/proc/%d/fd", w.shim);
        CHECK(stat(path, &st) == 0);
        if (i == 0)
            before = (int)st.st_size;
        CHECK(st.st_size == before, "%d descriptors, then %ld", before, (long)st.st_size);
    }
    CHECK(count_zombies(&w) == 0);
    close_sleeper(&w);
}

// All of it again, but for what a helper sheds that comes first.
#define TRACED(test)                \
    static void test##_traced(void) \
    {                               \
        traced = true;              \
        test();                     \
    }
TRACED(streams_and_codes)
TRACED(programs_that_are_handed_over)
TRACED(refusals)
TRACED(terminals)
TRACED(the_tree_is_waited_for)
TRACED(killed_trees_leave_no_zombies)
TRACED(the_end_of_the_container_ends_its_execs)
TRACED(many_execs)

const struct test exec_tests[] = {
    {"exec: streams and codes", streams_and_codes},
    {"exec: programs that are handed over", programs_that_are_handed_over},
    {"exec: refusals", refusals},
    {"exec: terminals", terminals},
    {"exec: the tree is waited for", the_tree_is_waited_for},
    {"exec: killed trees leave no zombies", killed_trees_leave_no_zombies},
    {"exec: the end of the container ends its execs", the_end_of_the_container_ends_its_execs},
    {"exec: the helper is bare", the_helper_is_bare},
    {"exec: many", many_execs},
    {"exec: traced: streams and codes", streams_and_codes_traced},
    {"exec: traced: programs that are handed over", programs_that_are_handed_over_traced},
    {"exec: traced: refusals", refusals_traced},
    {"exec: traced: terminals", terminals_traced},
    {"exec: traced: the tree is waited for", the_tree_is_waited_for_traced},
    {"exec: traced: killed trees leave no zombies", killed_trees_leave_no_zombies_traced},
    {"exec: traced: the end of the container ends its execs", the_end_of_the_container_ends_its_execs_traced},
    {"exec: traced: many", many_execs_traced},
    {0},
};

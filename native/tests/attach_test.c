// Streams of containers that others attach to: input that stays open, copies of the output, terminals.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const with_stdin[] = {"--stdin", "1", NULL};
static const char *const with_terminal[] = {"--stdin", "1", "--tty", "1", NULL};

// Our end of a copy: sockets as the daemon makes them.
struct attached
{
    int out, err, in; // -1: there is none
    char word[16];
};

static int half(int *theirs, int size)
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(write(ends[0], "", 1) == 1);
    if (size)
        CHECK(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    *theirs = ends[1];
    return ends[0];
}

static struct attached attach(struct world *w, int size)
{
    struct attached a = {.in = -1};
    int theirs[2];
    a.out = half(&theirs[0], size);
    a.err = half(&theirs[1], size);
    struct message *m = world_ask(w, theirs, 2, "attach", "c.0", "0", "1");
    CHECK(ok(m), "%s", text(m));
    close(theirs[0]);
    close(theirs[1]);
    if (m->fd_count)
    {
        CHECK(m->fd_count == 1 && m->count == 4, "%s", text(m));
        a.in = m->fds[0];
        snprintf(a.word, sizeof a.word, "%s", m->words[3]);
    }
    return a;
}

static void detach(struct attached *a)
{
    close(a->out);
    close(a->err);
    if (a->in >= 0)
        close(a->in);
}

static void say(int fd, const char *words)
{
    CHECK(write(fd, words, strlen(words)) == (ssize_t)strlen(words), "%s", strerror(errno));
}

// Reads until `end` has come.
static void await(int fd, const char *end)
{
    char all[4096] = "";
    size_t length = 0;
    while (!strstr(all, end))
    {
        struct pollfd p = {fd, POLLIN, 0};
        CHECK(poll(&p, 1, 10000) == 1, "no '%s' in '%s'", end, all);
        ssize_t got = read(fd, all + length, sizeof all - 1 - length);
        CHECK(got > 0, "no '%s' in '%s'", end, all);
        all[length += (size_t)got] = '\0';
    }
}

// The end after how many bytes: 0, or ECONNRESET for one that was cut off.
static int end_of(int fd, size_t *length)
{
    char buffer[65536];
    for (*length = 0;;)
    {
        struct pollfd p = {fd, POLLIN, 0};
        CHECK(poll(&p, 1, 10000) == 1, "no end");
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got <= 0)
            return got < 0 ? errno : 0;
        *length += (size_t)got;
    }
}

static void expect_exit(struct world *w, const char *code, const char *log)
{
    struct message e = world_event(w, "exit", "c.0");
    CHECK(strcmp(e.words[4], code) == 0 && strcmp(e.words[5], "0") == 0, "%s", text(&e));
    char *written = world_log(w, "c.0");
    CHECK_TEXT(written, log);
    free(written);
    forget(w, "c.0");
}

static void input_stays_open(void)
{
    struct world w;
    size_t length;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.argv = (const char *const[]){"cat", NULL}, .extra = with_stdin, .uid = 1000};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    struct attached a = attach(&w, 0);
    CHECK_TEXT(a.word, "stdin");
    say(a.in, "one\n");
    await(a.out, "one\n");
    detach(&a);
    // The daemon is another one now.
    close(w.socket);
    world_connect(&w);
    CHECK(!world_has_event(&w, "exit", "c.0", 100), "its input has ended");
    a = attach(&w, 0);
    struct attached b = attach(&w, 0);
    say(b.in, "two\n");
    await(a.out, "two\n");
    await(b.out, "two\n");
    detach(&b);
    m = world_ask(&w, NULL, 0, "close-stdin", "c.0");
    CHECK(ok(m), "%s", text(m));
    CHECK(!world_has_event(&w, "exit", "c.0", 100), "one that is attached holds it still");
    close(a.in);
    CHECK(end_of(a.out, &length) == 0 && end_of(a.err, &length) == 0);
    a.in = -1;
    detach(&a);
    expect_exit(&w, "0", "one\ntwo\n");
    // And without a word about it, there is none.
    s = (struct spec){.script = "cat; sleep 0.1; readlink /proc/self/fd/0; sleep 100"};
    CHECK(ok(start(&w, &s)));
    a = attach(&w, 0);
    CHECK(a.in == -1);
    await(a.out, "/null\n");
    detach(&a);
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    char *log = world_log(&w, "c.0");
    CHECK_TEXT(log, "/null\n");
    free(log);
    world_close(&w);
}

// Who comes late sees what has been written of the line that is not ended: a prompt, for one.
static void a_line_is_seen_from_its_begin(void)
{
    struct world w;
    size_t length;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {
        .script = "echo before; printf 'name? '; printf 'error: ' >&2; read name; echo $name; echo oops >&2", .extra = with_stdin};
    CHECK(ok(start(&w, &s)));
    for (int i = 0; i < 100 && !strstr(read_file(world_path(&w, "pod/logs/c.0/0.log")), "before"); i++)
        usleep(10000);
    usleep(20000);
    struct attached a = attach(&w, 0);
    await(a.out, "name? ");
    await(a.err, "error: ");
    say(a.in, "x\n");
    await(a.out, "x\n");
    await(a.err, "oops\n");
    CHECK(end_of(a.out, &length) == 0);
    detach(&a);
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "0") == 0, "%s", text(&e));
    world_close(&w);
}

static void who_does_not_read_is_cut_off(void)
{
    struct world w;
    size_t slow, quick;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "read go; yes 0123456789abcde | head -c 400000; echo done >&2; read go; exit 3",
        .extra = with_stdin,
        .log_size = "10000000"};
    CHECK(ok(start(&w, &s)));
    struct attached a = attach(&w, 4096), b = attach(&w, 4 << 20);
    say(b.in, "go\n");
    await(b.err, "done\n"); // a, which reads nothing, has stopped nobody
    CHECK(end_of(a.out, &slow) == ECONNRESET, "not told as cut off");
    CHECK(slow < 400000, "%zu", slow);
    await(a.err, "done\n"); // the other of its streams goes on
    say(b.in, "go\n");
    CHECK(end_of(b.out, &quick) == 0 && quick == 400000, "%zu", quick);
    CHECK(end_of(a.err, &slow) == 0 && slow == 0);
    detach(&a);
    detach(&b);
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "3") == 0, "%s", text(&e));
    char *log = world_log(&w, "c.0");
    CHECK(strlen(log) == 400000 + 5, "%zu", strlen(log));
    free(log);
    world_close(&w);
}

// Attaching often to one that is silent takes no descriptors: those that have gone are forgotten.
static void those_who_left_are_forgotten(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.argv = (const char *const[]){"cat", NULL}, .extra = with_stdin};
    CHECK(ok(start(&w, &s)));
    for (int i = 0; i < 2000; i++)
    {
        struct attached a = attach(&w, 0);
        detach(&a);
    }
    struct attached a = attach(&w, 0);
    say(a.in, "still\n");
    await(a.out, "still\n");
    CHECK(ok(world_ask(&w, NULL, 0, "close-stdin", "c.0")));
    detach(&a);
    expect_exit(&w, "0", "still\n");
    world_close(&w);
}

static void terminal_of(const char *pid, const char *caps, unsigned first_id)
{
    struct world w;
    size_t length;
    world_first_id = first_id;
    world_open(&w, pid, NULL, NULL, 0);
    struct spec s = {.pid = pid,
        .caps = caps,
        .script =
            "trap : INT; test -t 0 && test -t 1 && test -t 2 && echo 3 > /dev/tty; stat -c %u $(tty); ls -C /proc/self/fd; read line; stty "
            "size; "
            "echo got $line; sh -c 'echo asleep; exec sleep 600'; echo $?; exec <&- >&- 2>&-; sleep 0.1; echo again > /dev/pts/0; exit 4",
        .extra = with_terminal,
        .uid = 1000};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    struct attached a = attach(&w, 0);
    CHECK_TEXT(a.word, "terminal");
    m = world_ask(&w, NULL, 0, "close-stdin", "c.0");
    CHECK(atoi(m->words[3]) == EINVAL, "%s", text(m));
    struct winsize size = {.ws_row = 33, .ws_col = 77};
    CHECK(ioctl(a.in, TIOCSWINSZ, &size) == 0);
    detach(&a);
    close(w.socket);
    world_connect(&w);
    CHECK(!world_has_event(&w, "exit", "c.0", 100), "hung up");
    a = attach(&w, 0);
    say(a.in, "word\n");
    await(a.out, "asleep\r\n");
    say(a.in, "\3");
    await(a.out, "again\r\n");
    CHECK(end_of(a.out, &length) == 0 && end_of(a.err, &length) == 0);
    detach(&a);
    expect_exit(&w, "4", "3\r\n1000\r\n0  1  2  3\r\nword\r\n33 77\r\ngot word\r\nasleep\r\n^C130\r\nagain\r\n");
    world_close(&w);
}

static void terminals(void)
{
    terminal_of("private", NULL, 0);
    terminal_of("pod", NULL, 0);
    terminal_of("pod", TRACER_CAPS, 0);
    terminal_of("private", NULL, 300000);
    terminal_of("pod", NULL, 300000);
}

static void refusals(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    struct message *m = world_ask(&w, NULL, 0, "attach", "c.0", "-", "-");
    CHECK(strcmp(m->words[2], "attach") == 0 && atoi(m->words[3]) == ENOENT, "%s", text(m));
    struct spec s = {.script = "exec sleep 600", .extra = with_stdin};
    CHECK(ok(start(&w, &s)));
    m = world_ask(&w, NULL, 0, "attach", "c.0", "0", "-");
    CHECK(atoi(m->words[3]) == EINVAL, "%s", text(m));
    m = world_ask(&w, NULL, 0, "attach", "c.0", "-", "x");
    CHECK(atoi(m->words[3]) == EINVAL, "%s", text(m));
    m = world_ask(&w, NULL, 0, "attach", "c.0", "-", "-");
    CHECK(ok(m) && m->fd_count == 1, "%s", text(m));
    close(m->fds[0]);
    // Once is enough.
    CHECK(ok(world_ask(&w, NULL, 0, "close-stdin", "c.0")));
    CHECK(ok(world_ask(&w, NULL, 0, "close-stdin", "c.0")));
    m = world_ask(&w, NULL, 0, "attach", "c.0", "-", "-");
    CHECK(ok(m) && m->fd_count == 0, "%s", text(m));
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    m = world_ask(&w, NULL, 0, "attach", "c.0", "-", "-");
    CHECK(atoi(m->words[3]) == ESRCH, "%s", text(m));
    m = world_ask(&w, NULL, 0, "close-stdin", "c.0");
    CHECK(atoi(m->words[3]) == ESRCH, "%s", text(m));
    forget(&w, "c.0");
    s.no_log = true;
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "plan") == 0 && atoi(m->words[3]) == EINVAL, "%s", text(m));
    forget_layer(&w, "c.0");
    // What the image has put in the terminals' place is none.
    s = (struct spec){.script = "true", .extra = with_terminal, .mounts = (const char *const[]){"--proc", "/proc", NULL}};
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "terminal") == 0, "%s", text(m));
    world_close(&w);
}

const struct test attach_tests[] = {
    {"attach: input stays open while others come and go", input_stays_open},
    {"attach: a line is seen from its begin", a_line_is_seen_from_its_begin},
    {"attach: who does not read is cut off, and stops nobody", who_does_not_read_is_cut_off},
    {"attach: those who left are forgotten", those_who_left_are_forgotten},
    {"attach: terminals", terminals},
    {"attach: refusals", refusals},
    {0},
};

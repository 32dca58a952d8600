// Containers in the PID namespace of another one.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void sees_and_ends_with_it(unsigned first_id)
{
    struct world w;
    int code;
    world_first_id = first_id;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec whose = {.argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true};
    struct message *m = start(&w, &whose);
    CHECK(ok(m), "%s", text(m));
    struct spec s = {.id = "d.0",
        .pid = "container:c.0",
        .script = "tr '\\0' ' ' < /proc/1/cmdline; echo; test $$ != 1 && test \"$(cat /proc/self/stat | cut -d' ' -f1)\" != 1 && echo $(ls "
                  "/proc | grep -c '^1$')"};
    char *output = run(&w, &s, &code);
    CHECK(code == 0, "%d: %s", code, output);
    CHECK_TEXT(output, "sleep 600 \n1\n");
    free(output);
    // The kernel ends the namespace with its PID 1.
    s = (struct spec){.id = "d.0", .pid = "container:c.0", .script = "trap '' TERM; sleep 600", .no_log = true};
    m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    struct message e = world_event(&w, "exit", "d.0");
    CHECK(strcmp(e.words[5], "9") == 0, "%s", text(&e));
    forget(&w, "d.0");
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "container") == 0 && atoi(m->words[3]) == ESRCH, "%s", text(m));
    world_close(&w);
}

static void processes_of_another(void)
{
    sees_and_ends_with_it(0);
    sees_and_ends_with_it(300000);
}

static void not_where_a_launch_could_be_traced(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    struct spec whose = {.argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true};
    CHECK(ok(start(&w, &whose)));
    // Who comes first may trace, and is not there yet while he is launched.
    struct spec s = {
        .id = "d.0", .pid = "container:c.0", .argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true, .caps = TRACER_CAPS};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    s.id = "e.0";
    s.caps = NULL;
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "pid-namespace") == 0 && atoi(m->words[3]) == EPERM, "%s", text(m));
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    world_event(&w, "exit", "d.0");
    world_close(&w);
}

const struct test target_tests[] = {
    {"target: the processes of another container", processes_of_another},
    {"target: not where a launch could be traced", not_where_a_launch_could_be_traced},
    {0},
};

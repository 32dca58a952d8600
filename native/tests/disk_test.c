// Disks that are full, and disks that hang.
#define _GNU_SOURCE
#include "world.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

extern const struct test disk_tests[];

// So that no mount of a test is left when it is killed.
static void own_mounts(void)
{
    CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "root is needed");
}

static void a_full_disk_loses_lines_and_says_so(void)
{
    struct world w;
    own_mounts();
    world_pod_mount = "mount -t tmpfs -o size=128k full $1/pod";
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.script = "seq 100000 104999; exit 5"}; // 235,000 bytes of log
    CHECK(ok(start(&w, &s)));
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "5") == 0, "%s", text(&e));
    long lost = 0, kept = 0;
    while (world_has_event(&w, "log-lost", "c.0", 300))
        lost += world_last_number(3);
    char *log = world_log(&w, "c.0");
    for (const char *at = log; *at; at = strchr(at, '\n') + 1)
        kept += strncmp(at, "[insula: ", 9) != 0; // marks of gaps, as many as found room
    CHECK(lost > 0 && kept > 0 && lost + kept == 5000, "%ld lost, %ld kept", lost, kept);
    CHECK(strncmp(log, "100000\n100001\n", 14) == 0);
    free(log);
    world_close(&w);
}

static void a_hanging_disk_delays_only_logs(void)
{
    struct world w;
    own_mounts();
    world_pod_mount = "truncate -s 16M $1/disk && mkfs.ext4 -q $1/disk && mount -o loop $1/disk $1/pod";
    world_open(&w, "private", NULL, NULL, 0);
    struct spec sleeper = {.id = "s.0", .argv = (const char *const[]){"sleep", "60", NULL}, .no_log = true},
                s = {.script = "sleep 1; seq 2000; exit 5"};
    CHECK(ok(start(&w, &sleeper)) && ok(start(&w, &s)));
    command("fsfreeze -f %s/pod", w.dir);
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[4], "5") == 0, "%s", text(&e));
    // Everything else goes on: requests, signals, exits, execs.
    struct exec_spec x = {.container = "s.0", .script = "exit 6"};
    CHECK(ok(start_exec(&w, &x)));
    e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "6") == 0, "%s", text(&e));
    world_event(&w, "exec-gone", "x");
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "s.0", "9")));
    world_event(&w, "exit", "s.0");
    command("fsfreeze -u %s/pod", w.dir);
    char *log = NULL;
    for (int i = 0; i < 200 && !(log && strstr(log, "\n2000\n")); i++)
    {
        free(log);
        usleep(20000);
        log = world_log(&w, "c.0");
    }
    CHECK(strstr(log, "1\n2\n3\n") == log && strstr(log, "\n2000\n"), "%zu bytes", strlen(log));
    free(log);
    world_close(&w);
}

const struct test disk_tests[] = {
    {"disk: a full one loses lines and says so", a_full_disk_loses_lines_and_says_so},
    {"disk: a hanging one delays only logs", a_hanging_disk_delays_only_logs},
    {0},
};

// Images and volumes that try to lead the shim out of the root, by links, by what stands at a path, by races.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void shell(const struct world *w, const char *script)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s/layers/base && %s", w->dir, script);
    CHECK(system(line) == 0, "%s", line);
}

static void refused_at(struct world *w, struct spec s, const char *step, int err)
{
    s.script = s.script ? s.script : "true";
    struct message *m = start(w, &s);
    CHECK(strcmp(m->words[0], "err") == 0, "it started: %s", text(m));
    CHECK(strcmp(m->words[2], step) == 0 && atoi(m->words[3]) == err, "%s", text(m));
    forget_layer(w, "c.0");
}

static void linked_pseudo_file_systems(void)
{
    struct world w;
    static const struct
    {
        const char *prepare, *word, *target, *argument;
    } cases[] = {
        {"ln -s tmp proc", "--proc", "/proc", NULL},
        {"ln -s /tmp proc", "--proc", "/proc", NULL},
        {"ln -s /../../../../tmp dev", "--dev", "/dev", NULL},
        {"mkdir dev && ln -s /tmp dev/pts", "--devpts", "/dev/pts", NULL},
        {"mkdir dev && ln -s /tmp dev/mqueue", "--mqueue", "/dev/mqueue", NULL},
        {"ln -s / sys", "--sysfs", "/sys", "ro"},
        {"mkdir -p sys/fs && ln -s /tmp sys/fs/cgroup", "--cgroupfs", "/sys/fs/cgroup", "ro"},
        {"mkdir sys && ln -s /tmp sys/fs", "--cgroupfs", "/sys/fs/cgroup", "ro"},
    };
    world_open(&w, "private", NULL, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        shell(&w, "rm -rf proc dev sys");
        shell(&w, cases[i].prepare);
        refused_at(&w, (struct spec){.mounts = (const char *const[]){cases[i].word, cases[i].target, cases[i].argument, NULL}},
            "mount-target", ELOOP);
    }
    shell(&w, "rm -rf proc dev sys && echo x > proc");
    refused_at(&w, (struct spec){.mounts = (const char *const[]){"--proc", "/proc", NULL}}, "mount-target", ENOTDIR);
    world_close(&w);
}

// Links in other targets are followed, but never out of the root.
static void linked_targets_stay_inside(void)
{
    struct world w;
    int code;
    world_open(&w, "private", NULL, NULL, 0);
    world_file(&w, "pod/volumes/file", "the volume's\n");
    world_file(&w, "victim", "the host's\n");
    char prepare[300];
    snprintf(prepare, sizeof prepare,
        "mkdir -p etc && ln -s %s/victim etc/hosts && ln -s /../../../../../.. up && ln -s /run var && ln -s /proc/self/root magic", w.dir);
    shell(&w, prepare);
    // What a dangling link points to is made in the image, and nothing above what is missing can be reached.
    shell(&w, "ln -s /nowhere/../loop loop && ln -s ../gone/deeper var2");
    struct spec dangling = {
        .mounts = (const char *const[]){"--bind", "/pod/volumes/file", "/etc/hosts", "create-file", "private", "--bind", "/pod/volumes",
            "/var/lib/data", "create-dir", "private", "--bind", "/pod/volumes", "/var2/data", "create-dir", "private", NULL},
        .script = "cat /etc/hosts /run/lib/data/file /gone/deeper/data/file"};
    char *made = run(&w, &dangling, &code);
    CHECK_TEXT(made, "the volume's\nthe volume's\nthe volume's\n");
    free(made);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){"--bind", "/pod/volumes", "/loop/x", "create-dir", "private", NULL}},
        "path", EXDEV);
    snprintf(prepare, sizeof prepare, "mkdir -p ./%s && echo image > ./%s/victim && mkdir run", w.dir, w.dir);
    shell(&w, prepare);
    struct spec s = {
        .mounts = (const char *const[]){"--proc", "/proc", "--bind", "/pod/volumes/file", "/etc/hosts", "create-file", "private", "--bind",
            "/pod/volumes", "/up/deep/dir", "create-dir", "private", "--tmpfs", "/var/lib", "4096", "755", "-", NULL},
        .script = "cat /etc/hosts /deep/dir/file; grep -c ' /run/lib ' /proc/self/mountinfo"};
    char *output = run(&w, &s, &code);
    CHECK_TEXT(output, "the volume's\nthe volume's\n1\n");
    free(output);
    char *victim = read_file(world_path(&w, "victim"));
    CHECK_TEXT(victim, "the host's\n");
    free(victim);
    struct stat st;
    CHECK(stat("/deep", &st) < 0, "/deep was made on the host");
    // Magic links lead anywhere: refused in every role.
    const char *const proc[] = {"--proc", "/proc", NULL};
    refused_at(&w,
        (struct spec){
            .mounts = (const char *const[]){"--proc", "/proc", "--bind", "/pod/volumes", "/magic/x", "create-dir", "private", NULL}},
        "path", ELOOP);
    refused_at(&w,
        (struct spec){.mounts = (const char *const[]){"--proc", "/proc", "--tmpfs", "/proc/self/fd/3/x", "4096", "755", "-", NULL}}, "path",
        ELOOP);
    refused_at(&w, (struct spec){.mounts = proc, .cwd = "/proc/self/fd/3"}, "cwd", ELOOP);
    refused_at(&w, (struct spec){.mounts = proc, .cwd = "/proc/self/root"}, "cwd", ELOOP);
    refused_at(&w, (struct spec){.mounts = proc, .extra = (const char *const[]){"--mask", "/proc/self/exe", NULL}}, "mask", ELOOP);
    refused_at(&w, (struct spec){.mounts = proc, .extra = (const char *const[]){"--readonly", "/proc/self/cwd", NULL}}, "readonly", ELOOP);
    world_close(&w);
}

// Covering part of procfs would redirect what is read and written there later.
static void nothing_is_mounted_into_procfs(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    static const char *const targets[] = {"/proc/sys", "/proc/self/attr", "/proc/1/fd"};
    for (int i = 0; i < 3; i++)
    {
        refused_at(&w,
            (struct spec){.mounts = (const char *const[]){"--proc", "/proc", "--bind", "/pod/volumes", targets[i], "-", "private", NULL}},
            "mount-target", EINVAL);
        refused_at(&w, (struct spec){.mounts = (const char *const[]){"--proc", "/proc", "--tmpfs", targets[i], "0", "755", "-", NULL}},
            "mount-target", EINVAL);
    }
    world_close(&w);
}

static void false_devices(void)
{
    struct world w;
    int code;
    world_open(&w, "private", NULL, NULL, 0);
    // An image's own /dev/null, whatever it is, serves neither as cover of masked files nor as standard input.
    shell(&w, "mkdir dev && echo image > dev/null && mkdir -p etc && echo secret > etc/secret && ln -s /etc/secret dev/zero");
    struct spec s = {.mounts = (const char *const[]){"--proc", "/proc", NULL},
        .extra = (const char *const[]){"--mask", "/etc/secret", NULL},
        .script = "cat /etc/secret; stat -c %t:%T /etc/secret; cat; cat /dev/null"};
    char *output = run(&w, &s, &code);
    CHECK_TEXT(output, "1:3\nimage\n");
    free(output);
    // A device is not made over something else, and not through a link.
    static const char *const over_file[] = {"--device", "/dev/null", "c", "1", "3", "0666", "0", "0", NULL}, *const over_link[] = {
                                                                                                                 "--device", "/dev/zero",
                                                                                                                 "c", "1", "5", "0666", "0",
                                                                                                                 "0", NULL};
    refused_at(&w, (struct spec){.mounts = over_file}, "mknod", EEXIST);
    refused_at(&w, (struct spec){.mounts = over_link}, "mknod", EEXIST);
    world_close(&w);
}

// A terminal is opened in what the container has at /dev/pts, which a volume may cover.
static void false_terminals(void)
{
    struct world w;
    static const struct
    {
        const char *prepare;
        int err;
    } cases[] = {{"echo x > %s/pod/volumes/ptmx", ENODEV}, {"ln -sf /dev/null %s/pod/volumes/ptmx", ELOOP},
        {"rm %s/pod/volumes/ptmx && mknod %s/pod/volumes/ptmx c 1 3", ENODEV}};
    world_open(&w, "private", NULL, NULL, 0);
    struct spec s = {.argv = (const char *const[]){"sleep", "600", NULL},
        .no_log = true,
        .mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", "--bind", "/pod/volumes", "/dev/pts", "-", "private", NULL}};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        command(cases[i].prepare, w.dir, w.dir);
        struct exec_spec x = {.script = "true", .tty = true};
        m = start_exec(&w, &x);
        CHECK(strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], "terminal") == 0 && atoi(m->words[3]) == cases[i].err, "%s", text(m));
    }
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "c.0", "9")));
    world_event(&w, "exit", "c.0");
    world_close(&w);
}

static void links_in_the_pod_directory(void)
{
    struct world w;
    char outside[200];
    world_open(&w, "private", NULL, NULL, 0);
    CHECK(mkdir(world_path(&w, "pod/volumes/v"), 0755) == 0);
    CHECK(symlink("/layers", world_path(&w, "pod/volumes/v/sub")) == 0);
    CHECK(symlink("../../volumes", world_path(&w, "pod/logs/c.0")) == 0);
    refused_at(&w,
        (struct spec){.no_log = true, .mounts = (const char *const[]){"--bind", "/pod/volumes/v/sub", "/x", "create-dir", "private", NULL}},
        "path", ELOOP);
    CHECK(symlink("/etc", world_path(&w, "pod/logs/c.0")) == 0);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){NULL}}, "log", ENOTDIR);
    // forget_layer has taken the link away.
    CHECK(mkdir(world_path(&w, "pod/logs/c.0"), 0755) == 0);
    snprintf(outside, sizeof outside, "%s/outside.log", w.dir);
    CHECK(symlink(outside, world_path(&w, "pod/logs/c.0/0.log")) == 0);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){NULL}}, "log", ELOOP);
    CHECK(access(outside, F_OK) < 0);
    world_close(&w);
}

static void huge_links_and_loops(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    shell(&w, "ln -s a b && ln -s b a && mkfifo fifo");
    refused_at(
        &w, (struct spec){.mounts = (const char *const[]){"--bind", "/pod/volumes", "/a/x", "create-dir", "private", NULL}}, "path", ELOOP);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){"--bind", "/pod/volumes", "/fifo", "create-dir", "private", NULL}}, "path",
        ENOTDIR);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){NULL}, .cwd = "/fifo"}, "cwd", ENOTDIR);
    refused_at(&w, (struct spec){.mounts = (const char *const[]){NULL}, .argv = (const char *const[]){"/fifo", NULL}}, "exec", EACCES);
    world_close(&w);
}

static volatile bool racing;

// Exchanges a directory and a link to outside of the root, as fast as it goes.
static void *race(void *argument)
{
    const char *dir = argument;
    char one[256], two[256];
    snprintf(one, sizeof one, "%s/pod/volumes/v/target", dir);
    snprintf(two, sizeof two, "%s/pod/volumes/v/other", dir);
    while (racing)
        syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, two, 2 /* RENAME_EXCHANGE */);
    return NULL;
}

// A volume that another container writes: the target of a second mount lies in it and is exchanged meanwhile.
static void exchanged_targets(void)
{
    struct world w;
    struct stat st;
    pthread_t thread;
    world_open(&w, "private", NULL, NULL, 0);
    CHECK(mkdir(world_path(&w, "pod/volumes/v"), 0755) == 0 && mkdir(world_path(&w, "pod/volumes/v/target"), 0755) == 0 &&
          mkdir(world_path(&w, "pod/volumes/inner"), 0755) == 0);
    world_file(&w, "pod/volumes/inner/mark", "inner\n");
    CHECK(symlink("/../../../../../../layers", world_path(&w, "pod/volumes/v/other")) == 0);
    racing = true;
    CHECK(pthread_create(&thread, NULL, race, w.dir) == 0);
    int started = 0;
    for (int i = 0; i < 300; i++)
    {
        struct spec s = {.no_log = true,
            .mounts = (const char *const[]){"--bind", "/pod/volumes/v", "/data", "create-dir", "private", "--bind", "/pod/volumes/inner",
                "/data/target/deep", "create-dir", "private", NULL},
            .script = "exit 0"};
        struct message *m = start(&w, &s);
        if (ok(m))
        {
            started++;
            world_event(&w, "exit", "c.0");
            m = world_ask(&w, NULL, 0, "ack", "container", "c.0");
        }
        forget_layer(&w, "c.0");
    }
    racing = false;
    pthread_join(thread, NULL);
    CHECK(started > 0);
    CHECK(stat(world_path(&w, "layers/deep"), &st) < 0 && stat("/layers", &st) < 0, "something was made outside of the root");
    world_close(&w);
}

// Whoever has the binary of the helper open for writing owns the next pod.
static void the_program_cannot_be_overwritten(void)
{
    struct world w;
    int code;
    world_open(&w, "pod", NULL, NULL, 0);
    struct spec s = {.pid = "pod",
        .caps = "1fffeffffff",
        .privileges = true,
        .script = "for p in /proc/[0-9]*; do (echo x > $p/exe) 2>/dev/null && echo written $p; done; true"};
    char *output = run(&w, &s, &code);
    CHECK_TEXT(output, "");
    free(output);
    world_close(&w);
}

// Whoever may trace looks at everything that is launched beside him: its capabilities, what its root and its descriptors are,
// and what lies above them.
#define WATCH                                                                                                                         \
    "while :; do for p in /proc/[0-9]*; do "                                                                                          \
    "while read name value; do case $name$value in CapPrm:0000000000000000|CapPrm:00000000" USUAL_CAPS "|CapPrm:00000000" TRACER_CAPS \
    ") ;; CapPrm:*) echo caps $value $(cat $p/comm $p/cmdline);; esac; done < $p/status; "                                            \
    "for f in $p/root $p/cwd $p/fd/*; do test ! -e $f/../../../../../../..$VICTIM || echo reached $f; done; "                         \
    "done 2>/dev/null; done"

static void what_is_launched_lends_nothing(const char *pid)
{
    struct world w;
    char victim[128];
    world_open(&w, pid, NULL, NULL, 0);
    world_file(&w, "victim", "the host's\n");
    snprintf(victim, sizeof victim, "VICTIM=%s", world_path(&w, "victim"));
    struct spec watcher = {.id = "watcher.0",
        .pid = pid,
        .caps = TRACER_CAPS,
        .privileges = true,
        .script = WATCH,
        .env = (const char *const[]){"PATH=/bin", victim, NULL}};
    struct message *m = start(&w, &watcher);
    CHECK(ok(m), "%s", text(m));
    // The attack is a race: where a defence is left out it is tried until it succeeds.
    bool weakened = getenv("INSULA_WEAK") != NULL;
    struct stat seen = {0};
    for (int i = 0; i < (weakened ? 5000 : 60) && !(weakened && seen.st_size > 0); i++)
    {
        CHECK(stat(world_path(&w, "pod/logs/watcher.0/0.log"), &seen) == 0);
        // The command looks first at the one who has just launched it.
        struct exec_spec x = {.container = "watcher.0", .script = "readlink /proc/*/fd/* >/dev/null"};
        CHECK(ok(start_exec(&w, &x)));
        world_event(&w, "exec-gone", "x");
        CHECK(ok(world_ask(&w, NULL, 0, "ack", "exec", "x")));
        if (strcmp(pid, "pod") != 0)
            continue;
        int code;
        struct spec s = {.pid = pid, .script = "exit 3", .no_log = true};
        free(run(&w, &s, &code));
        CHECK(code == 3, "%d", code);
    }
    CHECK(ok(world_ask(&w, NULL, 0, "signal", "watcher.0", "9")));
    world_event(&w, "exit", "watcher.0");
    char *output = world_log(&w, "watcher.0");
    CHECK_TEXT(output, "");
    free(output);
    forget(&w, "watcher.0");
    world_close(&w);
}

static void commands_lend_nothing(void)
{
    what_is_launched_lends_nothing("private");
}

static void containers_lend_nothing(void)
{
    what_is_launched_lends_nothing("pod");
}

const struct test hostile_tests[] = {
    {"hostile: linked pseudo file systems", linked_pseudo_file_systems},
    {"hostile: linked targets stay inside", linked_targets_stay_inside},
    {"hostile: nothing is mounted into procfs", nothing_is_mounted_into_procfs},
    {"hostile: false devices", false_devices},
    {"hostile: false terminals", false_terminals},
    {"hostile: links in the pod directory", links_in_the_pod_directory},
    {"hostile: huge links and loops", huge_links_and_loops},
    {"hostile: exchanged targets", exchanged_targets},
    {"hostile: the program cannot be overwritten", the_program_cannot_be_overwritten},
    {"hostile: launched commands lend nothing to a tracer", commands_lend_nothing},
    {"hostile: launched containers lend nothing to a tracer", containers_lend_nothing},
    {0},
};

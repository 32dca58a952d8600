// `insula-shim launch`.
#define _GNU_SOURCE
#include "world.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// A world without a sandbox: its rootfs only. Writes the plan of `s` to the file `plan`.
static void prepare(struct world *w, const struct spec *s)
{
    struct words plan = {0};
    world_open(w, NULL, NULL, NULL, 0);
    plan_container(w, &plan, s);
    FILE *f = fopen(world_path(w, "plan"), "w");
    CHECK(f && fwrite(plan.bytes, 1, plan.length, f) == plan.length && fclose(f) == 0);
    free(plan.bytes);
}

static int launch(const struct world *w, const char *arguments, const char *redirect)
{
    char line[600];
    const char *program = getenv("SHIM");
    snprintf(line, sizeof line, "%s launch --pod-dir %s/pod --layers %s/layers %s %s/plan %s", program ? program : "../out/insula-shim",
        w->dir, w->dir, arguments, w->dir, redirect);
    int status = system(line);
    CHECK(WIFEXITED(status), "%x", (unsigned)status);
    return WEXITSTATUS(status);
}

static void runs_a_plan(void)
{
    struct world w;
    char output[200];
    struct spec s = {.script = "read line; echo $line $(hostname) $$; exit 7", .no_log = true};
    prepare(&w, &s);
    snprintf(output, sizeof output, "> %s/output < %s/input", w.dir, w.dir);
    world_file(&w, "input", "given\n");
    CHECK(launch(&w, "--hostname byhand", output) == 7);
    char *written = read_file(world_path(&w, "output"));
    CHECK_TEXT(written, "given byhand 1\n");
    free(written);
    world_close(&w);
}

static void says_what_is_wrong(void)
{
    struct world w;
    char output[200];
    struct spec s = {.argv = (const char *const[]){"nonesuch", NULL}, .no_log = true};
    prepare(&w, &s);
    snprintf(output, sizeof output, "2> %s/errors", w.dir);
    CHECK(launch(&w, "", output) == 125);
    char *errors = read_file(world_path(&w, "errors"));
    CHECK(strstr(errors, "exec: No such file or directory: nonesuch in PATH"), "%s", errors);
    free(errors);
    CHECK(launch(&w, "--frobnicate", output) == 2);
    world_file(&w, "plan", "--version");
    CHECK(launch(&w, "", output) == 125);
    errors = read_file(world_path(&w, "errors"));
    CHECK(strstr(errors, "plan: Invalid argument: the last word is cut short"), "%s", errors);
    free(errors);
    world_close(&w);
}

static void leaves_nothing(void)
{
    struct world w;
    struct spec s = {.pid = "pod", .script = "exec sleep 77.7", .no_log = true};
    prepare(&w, &s);
    pid_t pid = fork();
    if (pid == 0)
    {
        execl(getenv("SHIM") ? getenv("SHIM") : "../out/insula-shim", "insula-shim", "launch", "--pod-dir", world_path(&w, "pod"),
            "--layers", world_path(&w, "layers"), world_path(&w, "plan"), NULL);
        _exit(99);
    }
    for (int i = 0; i < 500 && system("grep -l '^sleep.77.7' /proc/[0-9]*/cmdline >/dev/null 2>&1") != 0; i++)
        usleep(20000);
    int status;
    CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL, "%x", (unsigned)status);
    // Its pod-init has come to us, the subreaper, with the kill on its way.
    while (waitpid(-1, &status, __WALL | WNOHANG) == 0)
    {
        char *comm = NULL, path[64];
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", getpid(), getpid());
        comm = read_file(path);
        bool only_shim = atoi(comm) == w.shim && !strchr(comm, ' ')[1];
        free(comm);
        if (only_shim)
            break;
    }
    CHECK(system("grep -l '^sleep.77.7' /proc/[0-9]*/cmdline >/dev/null 2>&1") != 0, "the container lives on");
    world_close(&w);
}

static void checks_user_namespaces(void)
{
    struct world w;
    const char *shim = getenv("SHIM") ? getenv("SHIM") : "../out/insula-shim";
    char line[400];
    prepare(&w, &(struct spec){.script = "true", .no_log = true});
    snprintf(line, sizeof line, "%s check-userns %s", shim, w.dir);
    CHECK(system(line) == 0);
    snprintf(line, sizeof line, "%s check-userns /proc 2> %s/errors", shim, w.dir);
    int status = system(line);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 125, "%x", (unsigned)status);
    char *errors = read_file(world_path(&w, "errors"));
    CHECK_TEXT(errors, "insula-shim: idmap: Invalid argument: /proc\n");
    free(errors);
    world_close(&w);
}

const struct test byhand_tests[] = {
    {"by hand: runs a plan", runs_a_plan},
    {"by hand: says what is wrong", says_what_is_wrong},
    {"by hand: leaves nothing", leaves_nothing},
    {"by hand: checks user namespaces", checks_user_namespaces},
    {0},
};

// What a container's program finds: identity, privileges, file systems, namespaces, cgroups.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void only_three_descriptors(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    // The fourth is the directory that ls reads.
    expect(&w, (struct spec){.script = "ls /proc/self/fd; readlink /proc/self/fd/0"}, "0\n1\n2\n3\n/null\n");
    world_close(&w);
}

static void identities(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w,
        (struct spec){
            .script = "grep -E '^(Uid|Gid|Groups|Cap|NoNew|Seccomp:)' /proc/self/status | tr '\\t' ' '; umask; pwd; echo $PATH $X; echo $$",
            .uid = 1000,
            .gid = 1001,
            .groups = "5,7",
            .umask = "0027",
            .cwd = "/tmp",
            .env = (const char *const[]){"PATH=/bin", "X=y z", NULL}},
        "Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 5 7 \nCapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: "
        "0000000000000000\nCapBnd: 00000000a80425fb\nCapAmb: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 0\n0027\n/tmp\n/bin y z\n1\n");
    expect(&w,
        (struct spec){
            .script = "grep -E '^(Groups|Cap|NoNew|Sig[BIC])' /proc/self/status | tr '\\t' ' '", .privileges = true, .caps = "400"},
        "Groups:  \nSigBlk: 0000000000000000\nSigIgn: 0000000000000000\nSigCgt: 0000000000000000\nCapInh: 0000000000000000\nCapPrm: "
        "0000000000000400\nCapEff: 0000000000000400\nCapBnd: 0000000000000400\nCapAmb: 0000000000000000\nNoNewPrivs: 0\n");
    world_close(&w);
}

static void namespaces_are_shared_as_asked(void)
{
    struct world w;
    char *first, *second, own[64] = {0};
    world_open(&w, "private", NULL, NULL, 0);
    struct message *m = world_ask(&w, NULL, 0, "namespaces");
    CHECK(ok(m) && m->fd_count == 4 && m->count == 6, "%s", text(m));
    struct stat st;
    char expected[128] = {0};
    for (int i = 0; i < 3; i++)
    {
        CHECK(fstat(m->fds[i], &st) == 0);
        sprintf(expected + strlen(expected), "%s:[%lu]\n", m->words[2 + i], (unsigned long)st.st_ino);
    }
    char pod_mnt[32];
    CHECK(fstat(m->fds[3], &st) == 0);
    snprintf(pod_mnt, sizeof pod_mnt, "mnt:[%lu]", (unsigned long)st.st_ino);
    for (int i = 0; i < 4; i++)
        close(m->fds[i]);
    struct spec s = {.script = "for n in net ipc uts mnt pid cgroup; do readlink /proc/self/ns/$n; done; hostname"};
    first = run(&w, &s, NULL);
    second = run(&w, &s, NULL);
    CHECK(strncmp(first, expected, strlen(expected)) == 0, "%s instead of %s", first, expected);
    CHECK(strncmp(second, expected, strlen(expected)) == 0, "%s", second);
    for (const char *name = "mnt\0pid\0"; *name; name += 4)
    {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/ns/%s", name);
        CHECK(readlink(path, own, sizeof own - 1) > 0);
        CHECK(!strstr(first, own), "%s is the host's", name);
    }
    CHECK(!strstr(first, pod_mnt), "the pod's own mount namespace");
    CHECK(strstr(first, "testpod\n"), "%s", first);
    free(first);
    free(second);
    world_close(&w);
}

static int seccomp_filter(void)
{
    // Everything but uname, which gives EACCES.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct words w = {(char *)filter, sizeof filter};
    return sealed(&w, 0xf);
}

static void seccomp_is_loaded(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    int filter = seccomp_filter();
    for (int privileges = 0; privileges < 2; privileges++)
        for (uint32_t uid = 0; uid <= 1000; uid += 1000)
            expect(&w,
                (struct spec){
                    .script =
                        "grep -E '^Seccomp:' /proc/self/status | tr '\\t' ' '; hostname; grep CapEff /proc/self/status | tr '\\t' ' '",
                    .seccomp = "0",
                    .fds = {filter},
                    .fd_count = 1,
                    .privileges = privileges,
                    .uid = uid,
                    .caps = "1"},
                uid ? "Seccomp: 2\n?\nCapEff: 0000000000000000\n" : "Seccomp: 2\n?\nCapEff: 0000000000000001\n");
    // SECCOMP_FILTER_FLAG_LOG and SPEC_ALLOW; then one that no kernel has.
    expect(&w,
        (struct spec){.script = "hostname",
            .seccomp = "0",
            .extra = (const char *const[]){"--seccomp-flags", "6", NULL},
            .fds = {filter},
            .fd_count = 1},
        "?\n");
    struct spec unknown = {.script = "true",
        .seccomp = "0",
        .extra = (const char *const[]){"--seccomp-flags", "40000000", NULL},
        .fds = {filter},
        .fd_count = 1};
    struct message *answer = start(&w, &unknown);
    CHECK(strcmp(answer->words[0], "err") == 0 && strcmp(answer->words[2], "seccomp") == 0, "%s", text(answer));
    forget_layer(&w, "c.0");
    close(filter);
    // A filter that refuses all, even the report and the end: the start fails, and nothing of it goes on. Not in the build with
    // sanitizers, whose own code makes system calls before an end, and tries for ever when they are refused.
    const unsigned actions[] = {SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_KILL_PROCESS};
    for (int i = getenv("SHIM_STDERR") ? 1 : 0; i < 2; i++)
    {
        struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, actions[i])};
        struct words w2 = {(char *)all, sizeof all};
        struct spec none = {.script = "true", .seccomp = "0", .fds = {sealed(&w2, 0xf)}, .fd_count = 1};
        answer = start(&w, &none);
        CHECK(strcmp(answer->words[0], "err") == 0 && strcmp(answer->words[2], "launch") == 0, "%s", text(answer));
        CHECK(strstr(text(answer), i ? "signal 31" : "signal 4"), "%s", text(answer));
        close(none.fds[0]);
        forget_layer(&w, "c.0");
    }
    // Half an instruction, none, and too many are refused before anything runs.
    static char bytes[8 * 4097];
    const size_t sizes[] = {7, 0, sizeof bytes};
    for (int i = 0; i < 3; i++)
    {
        struct words wrong = {bytes, sizes[i]};
        struct spec s = {.script = "true", .seccomp = "0", .fds = {sealed(&wrong, 0xf)}, .fd_count = 1};
        struct message *m = start(&w, &s);
        CHECK(strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], "seccomp") == 0, "%s", text(m));
        close(s.fds[0]);
        forget_layer(&w, "c.0");
    }
    world_close(&w);
}

static void labels_fail_closed(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    // No machine has this profile or context, and most have no such file.
    const char *const files[] = {"apparmor/exec", "exec"};
    for (int i = 0; i < 2; i++)
    {
        struct spec s = {.script = "true", .lsm = files[i], .label = "exec no-such-profile"};
        struct message *m = start(&w, &s);
        CHECK(strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], "lsm") == 0, "%s", text(m));
        forget_layer(&w, "c.0");
    }
    world_close(&w);
}

static void ids_are_reported_as_the_kernel_has_them(void)
{
    struct world w;
    int fd = memfd_create("ids", MFD_CLOEXEC);
    uint32_t ids[8];
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w,
        (struct spec){.script = "ls /proc/self/fd",
            .uid = 1000,
            .gid = 2000,
            .groups = "7,5,6",
            .extra = (const char *const[]){"--identity", "0", NULL},
            .fds = {fd},
            .fd_count = 1},
        "0\n1\n2\n3\n");
    CHECK(pread(fd, ids, sizeof ids, 0) == 5 * sizeof *ids);
    CHECK(ids[0] == 1000 && ids[1] == 2000 && ids[2] == 5 && ids[3] == 6 && ids[4] == 7, "%u %u %u", ids[0], ids[1], ids[2]);
    close(fd);
    // One that cannot be written refuses the start.
    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct spec s = {.script = "true", .extra = (const char *const[]){"--identity", "0", NULL}, .fds = {fd}, .fd_count = 1};
    struct message *m = start(&w, &s);
    CHECK(strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], "identity") == 0, "%s", text(m));
    close(fd);
    world_close(&w);
}

static void limits_and_scores(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w,
        (struct spec){.script = "ulimit -n; ulimit -c; cat /proc/self/oom_score_adj",
            .oom = "500",
            .extra = (const char *const[]){"--rlimit", "NOFILE", "100", "200", "--rlimit", "CORE", "0", "0", NULL}},
        "100\n0\n500\n");
    // Where the machine does not let root go lower or higher, it is said and goes on.
    struct spec s = {.script = "exit 0", .oom = "-900", .extra = (const char *const[]){"--rlimit", "NOFILE", "100", "1000000000", NULL}};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    bool may_lower = system("grep -q 'CapEff:.*\\(1f\\|3f\\|ff\\)fffff[0-9a-f]*$' /proc/self/status && sh -c 'echo -900 > "
                            "/proc/$$/oom_score_adj' 2>/dev/null") == 0;
    if (!may_lower)
        CHECK(strstr(text(m), " oom-score-adj-refused "), "%s", text(m));
    CHECK(strstr(text(m), " rlimit-refused "), "%s", text(m)); // beyond fs.nr_open nobody may go
    world_event(&w, "exit", "c.0");
    world_close(&w);
}

static void a_pod_shares_its_processes(void)
{
    struct world w;
    world_open(&w, "pod", NULL, NULL, 0);
    struct message *m = world_ask(&w, NULL, 0, "namespaces");
    CHECK(ok(m) && m->fd_count == 5 && strcmp(m->words[6], "pid") == 0, "%s", text(m));
    for (int i = 0; i < 5; i++)
        close(m->fds[i]);
    struct spec sleeper = {.id = "s.0", .pid = "pod", .script = "exec sleep 60"};
    CHECK(ok(start(&w, &sleeper)));
    expect(&w,
        (struct spec){.pid = "pod",
            .script = "cat /proc/1/comm; grep -E '^(Uid|CapPrm|CapBnd|NoNew|Seccomp:)' /proc/1/status | tr '\\t' ' '; ps | grep -c 'sleep "
                      "[6]0'; ls /proc/1/fd 2>/dev/null; ls /proc/1/root 2>/dev/null; ps | grep -c [s]upervise; true"},
        "pod-init\nUid: 65534 65534 65534 65534\nCapPrm: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n1\n0\n");
    // What loses its parent goes to the pod's PID 1 and is reaped there.
    expect(&w,
        (struct spec){.pid = "pod",
            .script = "for i in 1 2 3; do (sleep 0.05 &) ; done; sleep 0.3; grep -hl 'State:.*Z' /proc/[0-9]*/status | wc -l; kill -9 1; "
                      "kill -TERM 1; sleep 0.1; cat /proc/1/comm"},
        "0\npod-init\n");
    m = world_ask(&w, NULL, 0, "signal", "s.0", "9");
    CHECK(ok(m));
    world_event(&w, "exit", "s.0");
    // A private one beside them.
    expect(&w, (struct spec){.pid = "private", .script = "echo $$"}, "1\n");
    world_close(&w);
}

static void the_death_of_pid_1_is_told(void)
{
    struct world w;
    char command[200];
    world_open(&w, "pod", NULL, NULL, 0);
    struct spec s = {.pid = "pod", .script = "exec sleep 60"};
    CHECK(ok(start(&w, &s)));
    snprintf(command, sizeof command,
        "for p in $(cat /proc/%d/task/%d/children); do test \"$(cat /proc/$p/comm 2>/dev/null)\" = pod-init && kill -9 $p; done; true",
        w.shim, w.shim);
    CHECK(system(command) == 0);
    struct message e = world_event(&w, "exit", "c.0");
    CHECK(strcmp(e.words[5], "9") == 0, "%s", text(&e));
    world_event(&w, "init-exit", NULL);
    struct spec late = {.id = "c.1", .pid = "pod", .script = "true"};
    struct message *m = start(&w, &late);
    CHECK(strcmp(m->words[0], "err") == 0, "%s", text(m));
    world_close(&w);
}

static void sysctls_are_the_pods(void)
{
    struct world w;
    char *host = read_file("/proc/sys/kernel/shmmni");
    world_open(&w, "private",
        (const char *const[]){"--sysctl", "kernel.shmmni", "77", "--sysctl", "net.ipv4.ip_unprivileged_port_start", "80", NULL}, NULL, 0);
    expect(&w, (struct spec){.script = "cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_unprivileged_port_start"}, "77\n80\n");
    char *after = read_file("/proc/sys/kernel/shmmni");
    CHECK_TEXT(after, host);
    free(host);
    free(after);
    world_close(&w);
}

// Finds the cgroup2 mount, or the tasks file of a v1 controller, whatever the machine has.
static bool find_mount(const char *type, const char *controller, char *path)
{
    char *mounts = read_file("/proc/self/mounts"), *rest = mounts;
    bool found = false;
    for (char *line; !found && (line = strsep(&rest, "\n")) && *line;)
    {
        char kind[32], options[512];
        found = sscanf(line, "%*s %255s %31s %511s", path, kind, options) == 3 && strcmp(kind, type) == 0 &&
                (!controller || strstr(options, controller));
    }
    free(mounts);
    return found;
}

static void cgroups_are_entered(void)
{
    struct world w;
    char unified[256], memory[256], group[300], tasks[300], path[320];
    world_open(&w, "private", NULL, NULL, 0);
    CHECK(find_mount("cgroup2", NULL, unified), "no cgroup2");
    snprintf(group, sizeof group, "%s/insula-test-shim-%d", unified, getpid());
    CHECK(mkdir(group, 0755) == 0 || errno == EEXIST);
    const char *extra[] = {NULL, NULL, NULL};
    struct spec s = {.cgroup = "0",
        .script = "cat /proc/self/cgroup; ls /sys/fs/cgroup >/dev/null && (mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x) 2>/dev/null || "
                  "echo readonly",
        .extra = extra,
        .fds = {open(group, O_RDONLY | O_DIRECTORY)},
        .fd_count = 1,
        .mounts = (const char *const[]){"--proc", "/proc", "--sysfs", "/sys", "ro", "--cgroupfs", "/sys/fs/cgroup", "ro", NULL}};
    bool v1 = find_mount("cgroup", "memory", memory);
    if (v1)
    {
        snprintf(tasks, sizeof tasks, "%s/insula-test-shim-%d", memory, getpid());
        CHECK(mkdir(tasks, 0755) == 0 || errno == EEXIST);
        snprintf(path, sizeof path, "%s/tasks", tasks);
        s.fds[1] = open(path, O_WRONLY);
        s.fd_count = 2;
        extra[0] = "--cgroup-tasks";
        extra[1] = "1";
    }
    char *output = run(&w, &s, NULL);
    // The namespace was made inside: the group is its root.
    CHECK(strstr(output, "0::/\n") && strstr(output, "readonly\n"), "%s", output);
    CHECK(!v1 || strstr(output, ":memory:/\n"), "%s", output);
    free(output);
    s.cgroupns = "host";
    output = run(&w, &s, NULL);
    CHECK(strstr(output, "0::/insula-test-shim-"), "%s", output);
    CHECK(!v1 || strstr(output, ":memory:/insula-test-shim-"), "%s", output);
    free(output);
    for (int i = 0; i < s.fd_count; i++)
        close(s.fds[i]);
    CHECK(rmdir(group) == 0 && (!v1 || rmdir(tasks) == 0), "%s", strerror(errno));
    world_close(&w);
}

const struct test container_tests[] = {
    {"only three descriptors", only_three_descriptors},
    {"identities", identities},
    {"namespaces are shared as asked", namespaces_are_shared_as_asked},
    {"seccomp is loaded", seccomp_is_loaded},
    {"labels fail closed", labels_fail_closed},
    {"ids are reported as the kernel has them", ids_are_reported_as_the_kernel_has_them},
    {"limits and scores", limits_and_scores},
    {"a pod shares its processes", a_pod_shares_its_processes},
    {"the death of pid 1 is told", the_death_of_pid_1_is_told},
    {"sysctls are the pod's", sysctls_are_the_pods},
    {"cgroups are entered", cgroups_are_entered},
    {0},
};

// Pods with a user namespace of their own: what its root can and cannot do, inside and outside, and how its processes live.
#define _GNU_SOURCE
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct test users_tests[];

#define ALL_CAPS "1fffeffffff"

static long number_after(const char *path, const char *label)
{
    char *all = read_file(path);
    char *found = all ? strstr(all, label) : NULL;
    CHECK(found, "%s has no %s", path, label);
    long number = strtol(found + strlen(label), NULL, 10);
    free(all);
    return number;
}

static void root_inside_is_somebody_outside(void)
{
    struct world w;
    char path[64];
    open_users(&w, "private", NULL);
    expect(&w,
        (struct spec){.script = "id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; cat /proc/self/setgroups; grep "
                                "-E '^(Uid|Gid|Groups|CapEff)' /proc/self/status | tr '\\t' ' '",
            .groups = "5,7"},
        "0\n0\n 0 1900019712 65536\n 0 1900019712 65536\nallow\nUid: 0 0 0 0\nGid: 0 0 0 0\nGroups: 5 7 \nCapEff: 00000000a80425fb\n");
    expect(&w, (struct spec){.script = "id -u; id -g", .uid = 65535, .gid = 65535}, "65535\n65535\n");
    pid_t pid = start_sleeper(&w, "s.0", "private");
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    CHECK(number_after(path, "Uid:\t") == FIRST && number_after(path, "Gid:\t") == FIRST);
    CHECK(number_after(path, "NSpid:\t") == pid);
    end(&w, "s.0");
    struct spec beyond = {.script = "true", .uid = 65536};
    struct message *m = start(&w, &beyond);
    CHECK(strcmp(m->words[2], "uid") == 0 && atoi(m->words[3]) == EINVAL, "%s", text(m));
    world_close(&w);
}

static void its_root_acts_inside(void)
{
    struct world w;
    char host[2][65];
    CHECK(gethostname(host[0], sizeof host[0]) == 0);
    open_users(&w, "private", NULL);
    expect(&w,
        (struct spec){.caps = ALL_CAPS,
            .privileges = true,
            .script =
                "busybox ip link set lo mtu 1400 && busybox ip addr show lo | grep -c 'mtu 1400'; busybox ip link add v0 type veth peer "
                "name v1 && ls /sys/class/net | grep -c ^v; mkdir /t && mount -t tmpfs t /t && touch /t/x && ls /t; hostname inside && "
                "hostname; echo 77 > /proc/sys/kernel/shmmni && cat /proc/sys/kernel/shmmni"},
        "1\n2\nx\ninside\n77\n");
    CHECK(gethostname(host[1], sizeof host[1]) == 0);
    CHECK_TEXT(host[1], host[0]);
    world_close(&w);
}

static void its_root_is_nobody_to_the_machine(void)
{
    struct world w;
    char *before = read_file("/proc/sys/vm/swappiness");
    open_users(&w, "private", NULL);
    CHECK(mkdir(world_path(&w, "pod/volumes/v"), 0755) == 0);
    world_file(&w, "pod/volumes/v/secret", "secret\n");
    // Its root owns these nodes, but they open no device, as those of /dev do.
    command(
        "cd %s && chmod 600 pod/volumes/v/secret && mkdir pod/volumes/m && for d in layers/base pod/volumes/m; do mknod -m 666 $d/zero c "
        "1 5; done",
        w.dir);
    struct spec s = {.caps = ALL_CAPS,
        .privileges = true,
        .mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", "--devpts", "/dev/pts", "--device", "/dev/kmem", "c", "1", "1",
            "0600", "0", "0", "--device", "/dev/free", "c", "1", "5", "0666", "0", "0", "--bind", "/pod/volumes/v", "/plain", "create-dir",
            "private", "--bind", "/pod/volumes/m", "/mapped", "create-dir,idmap", "private", NULL},
        .script = "t() { \"$@\" 2>/dev/null && echo \"$@\"; true; }; t cat /plain/secret; t touch /plain/x; t mknod /n c 1 3; for d in "
                  "/zero /mapped/zero; do t busybox dd if=$d of=/dev/null count=1; done; t busybox dd "
                  "if=/dev/kmem of=/dev/null count=1; t chmod 666 /dev/kmem; t busybox chown 0 /dev/kmem; busybox dd if=/dev/free "
                  "of=/dev/null count=1 2>/dev/null && echo free; (echo 1 > /proc/sys/vm/swappiness) 2>/dev/null; (echo b > "
                  "/proc/sysrq-trigger) 2>/dev/null; t mount -t ext4 /dev/vda /mnt; t busybox nice -n -5 true; t busybox dmesg -c; true"};
    expect(&w, s, "free\n");
    char *after = read_file("/proc/sys/vm/swappiness");
    CHECK_TEXT(after, before);
    free(before);
    free(after);
    world_close(&w);
}

static void streams_can_be_opened_again(void)
{
    struct world w;
    struct spec s = {.mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", NULL},
        .script = "echo out > /dev/stdout; echo err > /dev/stderr"};
    for (unsigned i = 0; i < 4; i++)
    {
        world_first_id = i / 2 ? FIRST : 0;
        world_open(&w, "private", NULL, NULL, 0);
        s.uid = i % 2 ? 1000 : 0;
        int code;
        char *output = run(&w, &s, &code);
        CHECK(strstr(output, "out\n") && strstr(output, "err\n") && code == 0, "uid %u in %u: %s", s.uid, w.first_id, output);
        free(output);
        world_close(&w);
    }
}

static void commands_run_in_it(void)
{
    struct world w;
    int out[2];
    char path[64], buffer[4096] = {0};
    open_users(&w, "private", NULL);
    pid_t pid = start_sleeper(&w, "c.0", "private");
    CHECK(pipe2(out, O_CLOEXEC) == 0);
    struct exec_spec x = {
        .script = "n() { for p in self 1; do readlink /proc/$p/ns/$1; done | busybox uniq | wc -l; }; id -u; cat /proc/self/uid_map | tr "
                  "-s ' '; n user; echo again > /proc/self/fd/1; n cgroup; stat -c %u /proc/[0-9]*/ | sort -u | tr '\n' ' '; sleep 600 &",
        .fds = {-1, out[1], -1},
        .fd_count = 3,
        .uid = 0};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m), "%s", text(m));
    pid_t helper = atoi(m->words[2]);
    close(out[1]);
    world_event(&w, "exec-exit", "x");
    CHECK(read(out[0], buffer, sizeof buffer - 1) > 0);
    close(out[0]);
    CHECK_TEXT(buffer, "0\n 0 1900019712 65536\n1\nagain\n1\n0 ");
    // The command has left a child behind: the helper waits for it, as no root of the machine.
    snprintf(path, sizeof path, "/proc/%d/status", helper);
    CHECK(number_after(path, "Uid:\t") == FIRST && number_after(path, "CapPrm:\t") == 0);
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    CHECK(number_after(path, "0 ") == FIRST);
    end(&w, "c.0");
    world_event(&w, "exec-gone", "x");
    world_close(&w);
}

static void terminals_belong_to_their_user(void)
{
    struct world w;
    char buffer[512] = {0};
    size_t length = 0;
    open_users(&w, "private", NULL);
    start_sleeper(&w, "c.0", "private");
    struct exec_spec x = {.script = "tty; stat -c %u:%g $(tty); echo open > $(tty); exit 4", .tty = true, .uid = 1000};
    struct message *m = start_exec(&w, &x);
    CHECK(ok(m) && m->fd_count == 1, "%s", text(m));
    int master = m->fds[0];
    for (ssize_t got = 1; got > 0; length += got > 0 ? (size_t)got : 0)
        got = read(master, buffer + length, sizeof buffer - 1 - length);
    CHECK_TEXT(buffer, "/dev/pts/0\r\n1000:5\r\nopen\r\n");
    close(master);
    struct message e = world_event(&w, "exec-exit", "x");
    CHECK(strcmp(e.words[3], "4") == 0, "%s", text(&e));
    end(&w, "c.0");
    world_event(&w, "exec-gone", "x");
    world_close(&w);
}

// The process that was cloned first goes on in another one: whatever happens meanwhile, each end is told once, and right.
static void ends_are_told_once(void)
{
    struct world w;
    char id[16], script[32];
    open_users(&w, "private", NULL);
    for (int i = 0; i < 60; i++)
    {
        snprintf(id, sizeof id, "c.%d", i);
        snprintf(script, sizeof script, "exit %d", i);
        struct spec s = {.id = id, .script = script, .no_log = true};
        struct message *m = start(&w, &s);
        CHECK(ok(m), "%s", text(m));
        struct message e = world_event(&w, "exit", id);
        CHECK(atoi(e.words[3]) == atoi(m->words[2]) && atoi(e.words[4]) == i && atoi(e.words[5]) == 0, "%s", text(&e));
        start_sleeper(&w, strcat(id, "s"), "private");
        end(&w, id);
    }
    CHECK(!world_has_event(&w, "exit", NULL, 100), "an end told twice");
    world_close(&w);
}

static void kill_children(const struct world *w)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", w->shim, w->shim);
    char *children = read_file(path);
    for (char *at = children; at && *at; at += strcspn(at, " ") + 1)
        kill(atoi(at), SIGKILL);
    free(children);
}

static void what_is_killed_while_it_starts_is_told(void)
{
    struct world w;
    int failed = 0;
    open_users(&w, "private", NULL);
    for (int i = 0; i < 100; i++)
    {
        struct words plan = {0};
        struct spec s = {.argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true};
        plan_container(&w, &plan, &s);
        int fd = sealed(&plan, 0xf);
        unsigned request = world_send(&w, &fd, 1, "start", "c.0", NULL);
        usleep((useconds_t)i * 60);
        kill_children(&w);
        struct message *m = world_answer(&w, request);
        if (ok(m))
        {
            kill(atoi(m->words[2]), SIGKILL);
            world_event(&w, "exit", "c.0");
            m = world_ask(&w, NULL, 0, "ack", "container", "c.0");
            CHECK(ok(m), "%s", text(m));
        }
        else
            failed++;
        close(fd);
        free(plan.bytes);
        forget_layer(&w, "c.0");
        m = world_ask(&w, NULL, 0, "list");
        CHECK(atoi(m->words[2]) == 0, "%s", text(m));
    }
    CHECK(failed > 0 && failed < 100, "%d of 100 starts failed", failed);
    world_close(&w);
}

static void a_pod_shares_its_processes(void)
{
    struct world w;
    char path[64];
    open_users(&w, "pod", NULL);
    pid_t pid = start_sleeper(&w, "s.0", "pod");
    expect(&w,
        (struct spec){.pid = "pod",
            .script =
                "cat /proc/1/comm; grep -E '^(Uid|Gid|CapPrm|CapBnd|NoNew|Seccomp:)' /proc/1/status | tr '\\t' ' '; ps | grep -c "
                "'sleep [6]00'; ps | grep -c [s]upervise; (sleep 0.05 &); sleep 0.2; grep -hl 'State:.*Z' /proc/[0-9]*/status | wc -l"},
        "pod-init\nUid: 65534 65534 65534 65534\nGid: 65534 65534 65534 65534\nCapPrm: 0000000000000000\nCapBnd: "
        "0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n1\n0\n0\n");
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    CHECK(number_after(path, "Uid:\t") == FIRST);
    expect(&w, (struct spec){.pid = "private", .script = "echo $$"}, "1\n");
    end(&w, "s.0");
    world_close(&w);
}

static void parameters_are_set_by_its_root(void)
{
    struct world w;
    char *host = read_file("/proc/sys/kernel/shmmni");
    open_users(&w, "private",
        (const char *const[]){"--sysctl", "kernel.shmmni", "77", "--sysctl", "net.ipv4.ip_unprivileged_port_start", "80", NULL});
    expect(&w, (struct spec){.script = "cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_unprivileged_port_start"}, "77\n80\n");
    char *after = read_file("/proc/sys/kernel/shmmni");
    CHECK_TEXT(after, host);
    free(host);
    free(after);
    world_close(&w);
}

const struct test users_tests[] = {
    {"users: root inside is somebody outside", root_inside_is_somebody_outside},
    {"users: its root acts inside", its_root_acts_inside},
    {"users: its root is nobody to the machine", its_root_is_nobody_to_the_machine},
    {"users: streams can be opened again", streams_can_be_opened_again},
    {"users: commands run in it", commands_run_in_it},
    {"users: terminals belong to their user", terminals_belong_to_their_user},
    {"users: ends are told once", ends_are_told_once},
    {"users: what is killed while it starts is told", what_is_killed_while_it_starts_is_told},
    {"users: a pod shares its processes", a_pod_shares_its_processes},
    {"users: parameters are set by its root", parameters_are_set_by_its_root},
    {0},
};

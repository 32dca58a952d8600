// usage: floor DIRECTORY ROOTFS GROUP — reads `start N` and `stop N`, and answers each with the microseconds it took: what the kernel
// needs for a pod of one container, and nothing around it. A supervisor is executed, as Insula's is, since somebody must be the parent.
#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PODS 1024

static const char *base, *rootfs, *parent;
static struct
{
    pid_t shim;
    int socket;
} pods[PODS];

void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

void write_file(int directory, const char *name, const char *text)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        die(name);
    close(fd);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void names(int key, struct cgroup *pod, struct cgroup *shim, struct cgroup *main)
{
    pod->limited = main->limited = true;
    shim->limited = false;
    snprintf(pod->path, sizeof pod->path, "%s/pod%d", parent, key);
    snprintf(shim->path, sizeof shim->path, "%s/shim%d", parent, key);
    snprintf(main->path, sizeof main->path, "%s/pod%d/main", parent, key);
}

static const char *const directories[] = {"etc", "logs", "upper", "work", "root"};

static void make_directory(int key, char *path, size_t size)
{
    snprintf(path, size, "%s/%d", base, key);
    if (mkdir(path, 0755) < 0)
        die(path);
    int fd = open(path, O_PATH | O_CLOEXEC);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (mkdirat(fd, directories[i], 0755) < 0)
            die(directories[i]);
    write_file(fd, "etc/hosts", "127.0.0.1 localhost\n");
    write_file(fd, "etc/hostname", "floor\n");
    write_file(fd, "etc/resolv.conf", "nameserver 192.0.2.1\n");
    close(fd);
}

static void remove_directory(int key)
{
    char command[256];
    snprintf(command, sizeof command, "%s/%d", base, key);
    int fd = open(command, O_PATH | O_CLOEXEC);
    static const char *const files[] = {
        "etc/hosts", "etc/hostname", "etc/resolv.conf", "upper/etc/hosts", "upper/etc/hostname", "upper/etc/resolv.conf"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (unlinkat(fd, files[i], 0) < 0 && errno != ENOENT)
            die(files[i]);
    static const char *const below[] = {
        "upper/etc", "work/work/incompat/volatile/dirty", "work/work/incompat/volatile", "work/work/incompat", "work/work"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        if (unlinkat(fd, below[i], AT_REMOVEDIR) < 0 && errno != ENOENT && (errno != ENOTDIR || unlinkat(fd, below[i], 0) < 0))
            die(below[i]);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        if (unlinkat(fd, directories[i], AT_REMOVEDIR) < 0)
            die(directories[i]);
    close(fd);
    if (rmdir(command) < 0)
        die(command);
}

// The device filter of a usual container has about as many instructions.
static void device_filter(int group)
{
    struct bpf_insn code[60];
    for (int i = 0; i < 58; i++)
        code[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1};
    code[58] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1};
    code[59] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
        .insn_cnt = 60,
        .insns = (uint64_t)(uintptr_t)code,
        .license = (uint64_t)(uintptr_t) "GPL"};
    int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    if (program < 0)
        die("device filter");
    union bpf_attr attach = {.target_fd = (uint32_t)group,
        .attach_bpf_fd = (uint32_t)program,
        .attach_type = BPF_CGROUP_DEVICE,
        .attach_flags = BPF_F_ALLOW_MULTI};
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0)
        die("attaching the device filter");
    close(program);
}

static void expect(int key, char what)
{
    char c = 0;
    if (read(pods[key].socket, &c, 1) != 1 || c != what)
        die("the supervisor");
}

static void tell(int key, const char *what)
{
    if (write(pods[key].socket, what, 1) != 1)
        die("the supervisor");
}

static void spawn(int key, const char *directory, const struct pod *pod, int group)
{
    int pair[2];
    char state[sizeof *pod * 2 + 1], number[16];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        die("socketpair");
    for (size_t i = 0; i < sizeof *pod; i++)
        snprintf(&state[2 * i], 3, "%02x", ((const unsigned char *)pod)[i]);
    snprintf(number, sizeof number, "%d", pair[1]);
    struct clone_args args = {.flags = CLONE_VFORK, .exit_signal = SIGCHLD};
    if (group >= 0)
    {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)group;
    }
    pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (child < 0)
        die("clone3");
    if (child == 0)
    {
        fcntl(pair[1], F_SETFD, 0);
        for (int i = 0; i < pod->task_count; i++)
        {
            fcntl(pod->tasks[i], F_SETFD, 0);
            fcntl(pod->container_tasks[i], F_SETFD, 0);
        }
        if (pod->container_group >= 0)
            fcntl(pod->container_group, F_SETFD, 0);
        execl("/proc/self/exe", "floor", "supervise", number, directory, rootfs, state, NULL);
        die("execl");
    }
    close(pair[1]);
    pods[key].shim = child;
    pods[key].socket = pair[0];
}

static void start(int key)
{
    struct cgroup pod, shim, main;
    char directory[200], path[64];
    struct pod p = {.key = key};
    names(key, &pod, &shim, &main);
    make_directory(key, directory, sizeof directory);
    group_make(&pod);
    group_make(&shim);
    group_make(&main);
    p.task_count = group_tasks(&shim, p.tasks);
    p.container_task_count = group_tasks(&main, p.container_tasks);
    p.container_group = group_unified(&main);
    int group = group_unified(&shim);
    if (p.container_group >= 0)
        device_filter(p.container_group);
    spawn(key, directory, &p, group);
    for (int i = 0; i < p.task_count; i++)
    {
        close(p.tasks[i]);
        close(p.container_tasks[i]);
    }
    if (group >= 0)
        close(group);
    if (p.container_group >= 0)
        close(p.container_group);
    expect(key, 'n');
    snprintf(path, sizeof path, "/proc/%d/ns/net", pods[key].shim);
    int netns = open(path, O_RDONLY | O_CLOEXEC);
    if (netns < 0)
        die(path);
    network_attach(key, netns);
    close(netns);
    tell(key, "s");
    expect(key, 'r');
}

static void stop(int key)
{
    struct cgroup pod, shim, main;
    names(key, &pod, &shim, &main);
    network_detach(key);
    tell(key, "k");
    expect(key, 'e');
    if (waitpid(pods[key].shim, NULL, 0) != pods[key].shim)
        die("waitpid");
    close(pods[key].socket);
    group_remove(&main);
    group_remove(&pod);
    group_remove(&shim);
    remove_directory(key);
}

static void unpack(const char *text, struct pod *pod)
{
    for (size_t i = 0; i < sizeof *pod; i++)
    {
        const char digits[3] = {text[2 * i], text[2 * i + 1], 0};
        ((unsigned char *)pod)[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

int main(int count, char **words)
{
    if (count == 6 && strcmp(words[1], "supervise") == 0)
    {
        struct pod pod;
        unpack(words[5], &pod);
        groups_detect();
        supervise(atoi(words[2]), words[3], words[4], &pod);
    }
    if (count != 4)
    {
        fputs("usage: floor DIRECTORY ROOTFS GROUP\n", stderr);
        return 2;
    }
    base = words[1];
    rootfs = words[2];
    parent = words[3];
    groups_detect();
    network_open();
    struct cgroup all = {.limited = false};
    snprintf(all.path, sizeof all.path, "%s", parent);
    group_make(&all);
    char verb[8];
    int key;
    while (scanf("%7s %d", verb, &key) == 2 && key >= 0 && key < PODS)
    {
        double began = now();
        if (strcmp(verb, "start") == 0)
            start(key);
        else
            stop(key);
        printf("%.1f\n", now() - began);
        fflush(stdout);
    }
    group_remove(&all);
    return 0;
}

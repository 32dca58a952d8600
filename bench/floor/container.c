#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILTER_LENGTH 300

static const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

static void mount_at(const char *type, const char *at, unsigned long flags, const char *options)
{
    if (mount(type, at, type, flags, options) < 0)
        die(at);
}

static void devices(void)
{
    static const struct
    {
        const char *path;
        int major, minor;
    } nodes[] = {
        {"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7}, {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
    mount_at("tmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k");
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
            die(nodes[i].path);
    mkdir("/dev/pts", 0755);
    mkdir("/dev/shm", 01777);
    mkdir("/dev/mqueue", 0755);
    mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
    mount_at("tmpfs", "/dev/shm", safe, "size=64m");
    mount_at("mqueue", "/dev/mqueue", safe, NULL);
}

static void cover(const char *path, bool directory)
{
    if (access(path, F_OK) < 0)
        return;
    if (mount(directory ? "/dev/shm" : "/dev/null", path, NULL, MS_BIND, NULL) < 0)
        die(path);
}

// The container's own view of the hierarchies that it has a group in, and nothing of the host in the others: those are covered.
static void cgroups(void)
{
    char line[256], path[192];
    FILE *own = fopen("/proc/self/cgroup", "re");
    if (!own)
        die("/proc/self/cgroup");
    mount_at("tmpfs", "/sys/fs/cgroup", safe, "mode=755,size=64k");
    for (bool pure = true; fgets(line, sizeof line, own); pure = false)
    {
        char *controllers = strchr(line, ':') + 1, *root = strchr(controllers, ':');
        *root++ = 0;
        bool v2 = !*controllers;
        if (v2 && pure)
        {
            if (umount2("/sys/fs/cgroup", 0) < 0)
                die("/sys/fs/cgroup");
            mount_at("cgroup2", "/sys/fs/cgroup", safe | MS_RDONLY, NULL);
            break;
        }
        const char *name = v2 ? "unified" : strncmp(controllers, "name=", 5) == 0 ? controllers + 5 : controllers;
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s", name);
        if (mkdir(path, 0755) < 0)
            die(path);
        if (!v2 && !group_is_used(controllers))
            cover(path, true);
        else if (mount(name, path, v2 ? "cgroup2" : "cgroup", safe | MS_RDONLY, v2 ? NULL : controllers) < 0)
            die(path);
    }
    fclose(own);
    if (mount(NULL, "/sys/fs/cgroup", NULL, MS_REMOUNT | MS_RDONLY | MS_BIND | safe, NULL) < 0)
        die("/sys/fs/cgroup");
}

static void read_only(const char *path)
{
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 || mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | safe, NULL) < 0)
        die(path);
}

static void mounts(const char *pod)
{
    static const char *const files[] = {"hosts", "hostname", "resolv.conf"};
    char from[160], to[64];
    mount_at("proc", "/proc", safe, NULL);
    devices();
    mount_at("sysfs", "/sys", safe | MS_RDONLY, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
        snprintf(from, sizeof from, "/.old/%s/etc/%s", pod, files[i]);
        snprintf(to, sizeof to, "/etc/%s", files[i]);
        int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            die(to);
        close(fd);
        if (mount(from, to, NULL, MS_BIND, NULL) < 0)
            die(to);
    }
    static const char *const masked[] = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats"};
    static const char *const covered[] = {"/proc/acpi", "/proc/scsi", "/proc/interrupts", "/sys/firmware", "/sys/dev/block"};
    static const char *const locked[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i++)
        cover(masked[i], false);
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
    {
        struct stat st;
        cover(covered[i], stat(covered[i], &st) == 0 && S_ISDIR(st.st_mode));
    }
    for (size_t i = 0; i < sizeof locked / sizeof *locked; i++)
        if (access(locked[i], F_OK) == 0)
            read_only(locked[i]);
    cgroups();
}

// As long as the filter of a usual container; what it decides costs the kernel nothing here.
static void filter(void)
{
    struct sock_filter code[FILTER_LENGTH];
    for (int i = 0; i < FILTER_LENGTH - 1; i++)
        code[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    code[FILTER_LENGTH - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = FILTER_LENGTH, .filter = code};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        die("seccomp");
}

static void privileges(void)
{
    const unsigned kept = 0x800405fb; // podman's eleven
    for (int i = 0; i <= CAP_LAST_CAP; i++)
        if (i > 31 || !(kept >> i & 1))
            prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    if (setgroups(0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        die("identity");
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}, {0}};
    if (syscall(SYS_capset, &header, data) < 0)
        die("capset");
}

_Noreturn void container(const char *pod, const int *tasks, int task_count)
{
    char options[512], root[160];
    for (int i = 0; i < task_count; i++)
        if (write(tasks[i], "0", 1) != 1)
            die("tasks");
    if (unshare(CLONE_NEWCGROUP) < 0)
        die("cgroup namespace");
    snprintf(options, sizeof options, "lowerdir=/layers,upperdir=%s/upper,workdir=%s/work,volatile", pod, pod);
    snprintf(root, sizeof root, "%s/root", pod);
    if (mount("overlay", root, "overlay", 0, options) < 0)
        die("overlay");
    if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".old") < 0 || chdir("/") < 0)
        die("pivot_root");
    mounts(pod);
    if (umount2("/.old", MNT_DETACH) < 0)
        die("/.old");
    filter();
    privileges();
    char *const words[] = {"sleep", "1000", NULL}, *const environment[] = {"PATH=/bin", NULL};
    execve("/bin/sleep", words, environment);
    die("execve");
}

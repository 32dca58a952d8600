// Files by which the kernel is read or told what to do. Nothing is written: to have one open for writing is enough to know.
#define _GNU_SOURCE
#include "attempt.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// "empty" is what a masked file or directory gives.
static const char *read_result(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno_symbol(errno);
    struct stat st;
    ssize_t count = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : read(fd, &byte, 1);
    const char *result = count < 0 ? errno_symbol(errno) : count > 0 ? "ok" : "empty";
    if (S_ISDIR(st.st_mode))
    {
        DIR *directory = fdopendir(fd);
        for (struct dirent *entry; directory && (entry = readdir(directory));)
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                result = "ok";
        if (directory)
            closedir(directory);
        return result;
    }
    close(fd);
    return result;
}

static void try_read(const char *path)
{
    char name[128];
    snprintf(name, sizeof name, "read %s", path);
    attempt_tell(read_result(path), name);
}

// For files that not every kernel has.
static void try_read_if_built(const char *path)
{
    char name[128];
    snprintf(name, sizeof name, "~read %s", path);
    attempt_tell(read_result(path), name);
}

static void try_write(const char *path)
{
    char name[128];
    snprintf(name, sizeof name, "write %s", path);
    TRY(name, open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

static void try_write_if_built(const char *path)
{
    char name[128];
    snprintf(name, sizeof name, "~write %s", path);
    TRY(name, open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

// Groups below the container's own that the process does not stand in (a command stands in one of its own).
static bool has_groups(const char *hierarchy, const char *own)
{
    struct stat st;
    bool found = false;
    int fd = open(hierarchy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Version 1 and hybrid: the directory above the hierarchies is no group.
    if (fd >= 0 && faccessat(fd, "cgroup.procs", F_OK, 0) < 0)
    {
        close(fd);
        return false;
    }
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) && !strstr(own, entry->d_name);
    if (directory)
        closedir(directory);
    return found;
}

static void try_cgroups(void)
{
    // One directory on pure version 2, one for each hierarchy otherwise: the worst result counts.
    static const char *const files[] = {"cgroup.procs", "release_agent", "notify_on_release", "devices.allow", "memory.max",
        "memory.limit_in_bytes", "pids.max", "cpu.max", "cgroup.kill"};
    char path[512], name[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
        int worst = ENOENT;
        DIR *top = opendir("/sys/fs/cgroup");
        for (struct dirent *entry; top && (entry = readdir(top));)
        {
            snprintf(path, sizeof path, "/sys/fs/cgroup/%s/%s", entry->d_name, files[i]);
            if (strcmp(entry->d_name, "..") == 0)
                continue;
            int fd = open(path, O_WRONLY | O_CLOEXEC);
            if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
                worst = fd >= 0 ? 0 : worst == 0 ? 0 : errno;
            if (fd >= 0)
                close(fd);
        }
        if (top)
            closedir(top);
        snprintf(name, sizeof name, "~write cgroup %s", files[i]);
        attempt_tell(worst == 0 ? "ok" : errno_symbol(worst), name);
    }
    char own[4096] = "";
    int groups = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    if (groups < 0 || read(groups, own, sizeof own - 1) < 0)
        perror("intruder: /proc/self/cgroup");
    close(groups);
    const char *seen = "empty";
    DIR *top = opendir("/sys/fs/cgroup");
    for (struct dirent *entry; top && (entry = readdir(top));)
    {
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s", entry->d_name);
        if (strcmp(entry->d_name, "..") != 0 && has_groups(path, own))
            seen = "ok";
    }
    if (top)
        closedir(top);
    attempt_tell(seen, "~see groups of others");
    int made = EROFS;
    top = opendir("/sys/fs/cgroup");
    for (struct dirent *entry; top && (entry = readdir(top));)
    {
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s/intruder", entry->d_name);
        if (strcmp(entry->d_name, "..") != 0 && mkdir(path, 0700) == 0)
        {
            rmdir(path);
            made = 0;
        }
    }
    if (top)
        closedir(top);
    attempt_tell(made == 0 ? "ok" : errno_symbol(made), "mkdir in a cgroup");
}

void try_files(void)
{
    static const char *const read[] = {"/proc/1/environ", "/proc/1/root/", "/proc/self/mem", "/proc/sys/kernel/hostname", "/proc/cpuinfo",
        "/proc/net/dev", "/sys/class/net"};
    static const char *const read_if_built[] = {"/proc/kcore", "/proc/keys", "/proc/kmsg", "/proc/timer_list", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kallsyms", "/proc/slabinfo",
        "/proc/vmallocinfo", "/proc/kpagecount", "/proc/iomem", "/sys/firmware", "/sys/kernel/debug", "/sys/kernel/security",
        "/sys/kernel/tracing", "/sys/fs/bpf", "/sys/devices/virtual/powercap", "/sys/kernel/notes"};
    static const char *const write[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/panic", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/shmmax", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/drop_caches", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/net/core/somaxconn", "/proc/sys/fs/file-max", "/proc/self/exe", "/proc/self/oom_score_adj", "/proc/self/mem",
        "/proc/1/oom_score_adj"};
    static const char *const write_if_built[] = {"/proc/sysrq-trigger", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
        "/proc/sys/kernel/unprivileged_bpf_disabled", "/proc/sys/fs/binfmt_misc/register", "/proc/irq/default_smp_affinity",
        "/proc/bus/pci/00", "/proc/mtrr", "/proc/self/attr/exec", "/proc/self/attr/current", "/sys/kernel/uevent_helper",
        "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state", "/sys/kernel/profiling", "/sys/kernel/mm/ksm/run",
        "/sys/module/kernel/parameters/crash_kexec_post_notifiers", "/sys/devices/system/cpu/cpu0/uevent", "/sys/class/net/lo/mtu"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        try_read(read[i]);
    for (size_t i = 0; i < sizeof read_if_built / sizeof *read_if_built; i++)
        try_read_if_built(read_if_built[i]);
    for (size_t i = 0; i < sizeof write / sizeof *write; i++)
        try_write(write[i]);
    for (size_t i = 0; i < sizeof write_if_built / sizeof *write_if_built; i++)
        try_write_if_built(write_if_built[i]);
    try_cgroups();
}

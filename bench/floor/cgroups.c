#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *unified;
static const char *v1[HIERARCHIES];
static int v1_count;

static const struct limit
{
    const char *hierarchy, *file, *value;
} limits[] = {
    {"/sys/fs/cgroup", "cpu.max", "50000 100000"},
    {"/sys/fs/cgroup", "memory.max", "67108864"},
    {"/sys/fs/cgroup", "pids.max", "100"},
    {"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "50000"},
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "67108864"},
    {"/sys/fs/cgroup/pids", "pids.max", "100"},
};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void enable(const char *directory)
{
    char path[256];
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", directory);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "+cpu +memory +pids", 18) != 18)
        die(path);
    close(fd);
}

void groups_detect(void)
{
    if (exists("/sys/fs/cgroup/cgroup.controllers"))
    {
        unified = "/sys/fs/cgroup";
        enable(unified);
    }
    else
    {
        if (exists("/sys/fs/cgroup/unified/cgroup.procs"))
            unified = "/sys/fs/cgroup/unified";
        v1[v1_count++] = "/sys/fs/cgroup/cpu";
        v1[v1_count++] = "/sys/fs/cgroup/memory";
        v1[v1_count++] = "/sys/fs/cgroup/pids";
    }
}

static void make_in(const char *hierarchy, const struct cgroup *g)
{
    char path[256], file[320];
    snprintf(path, sizeof path, "%s/%s", hierarchy, g->path);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        die(path);
    if (!g->limited)
    {
        if (strcmp(hierarchy, "/sys/fs/cgroup") == 0)
            enable(path);
        return;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    {
        if (strcmp(limits[i].hierarchy, hierarchy) != 0)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, limits[i].file);
        int fd = open(file, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, limits[i].value, strlen(limits[i].value)) < 0)
            die(file);
        close(fd);
    }
}

void group_make(const struct cgroup *g)
{
    for (int i = 0; i < v1_count; i++)
        make_in(v1[i], g);
    if (unified)
        make_in(unified, g);
}

static void remove_in(const char *hierarchy, const struct cgroup *g)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", hierarchy, g->path);
    // A process that has been waited for leaves its groups a moment later.
    while (rmdir(path) < 0)
        if (errno != EBUSY)
            die(path);
}

void group_remove(const struct cgroup *g)
{
    for (int i = 0; i < v1_count; i++)
        remove_in(v1[i], g);
    if (unified)
        remove_in(unified, g);
}

int group_unified(const struct cgroup *g)
{
    char path[256];
    if (!unified)
        return -1;
    snprintf(path, sizeof path, "%s/%s", unified, g->path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        die(path);
    return fd;
}

bool group_is_used(const char *controllers)
{
    for (int i = 0; i < v1_count; i++)
        if (strcmp(strrchr(v1[i], '/') + 1, controllers) == 0)
            return true;
    return false;
}

int group_tasks(const struct cgroup *g, int *fds)
{
    char path[256];
    for (int i = 0; i < v1_count; i++)
    {
        snprintf(path, sizeof path, "%s/%s/tasks", v1[i], g->path);
        if ((fds[i] = open(path, O_WRONLY | O_CLOEXEC)) < 0)
            die(path);
    }
    return v1_count;
}

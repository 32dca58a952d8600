// What the parts of the floor share. Everything here ends the program when the kernel refuses: a floor with holes measures nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HIERARCHIES 4

// Says what failed, and ends.
_Noreturn void die(const char *what);

void write_file(int directory, const char *name, const char *text);

// Cgroups: each group in the unified hierarchy and, on v1 and hybrid hosts, in those of the controllers that limit.
struct cgroup
{
    char path[160];
    bool limited;
};

void groups_detect(void);
void group_make(const struct cgroup *g);
void group_remove(const struct cgroup *g);
int group_unified(const struct cgroup *g);         // a directory descriptor for CLONE_INTO_CGROUP; -1 without the hierarchy
bool group_is_used(const char *controllers);       // whether groups are made in that hierarchy of v1
int group_tasks(const struct cgroup *g, int *fds); // of v1: what a process writes 0 to

// The network: a routed veth, as Insula makes it.
void network_open(void);
void network_attach(int key, int netns);
void network_detach(int key);

// Inside the pod. The supervisor is this program again, executed as a shim is.
struct pod
{
    int key;
    int layer, tasks[HIERARCHIES], task_count, container_tasks[HIERARCHIES], container_task_count, container_group;
};

_Noreturn void supervise(int socket, const char *directory, const char *rootfs, const struct pod *pod);
_Noreturn void container(const char *rootfs, const int *tasks, int task_count);

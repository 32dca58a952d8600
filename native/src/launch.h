// Starts a container: clone into its namespaces and cgroup, build its root, become its program.
#pragma once
#include "process.h"

struct launch
{
    const struct container_plan *plan;
    const struct sandbox *sandbox;
    const int *fds;
    int status;                 // write end; exec closes it
    struct process_stdio stdio; // -1: the null device
    int target;                 // PID_CONTAINER: a process of it; else -1
};

// In the supervisor's thread. Returns the pid; *pidfd is its descriptor.
pid_t launch_clone(const struct launch *l, int *pidfd, struct fail *f);

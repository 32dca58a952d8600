// Runs a command in a container that runs already, through a helper that stays until the command's whole tree is gone.
#pragma once
#include "process.h"

struct exec_launch
{
    const struct exec_plan *plan;
    const struct sandbox *sandbox;
    const int *fds;
    int container; // pidfd of the container's first process
    int channel;   // packet socket to the shim
};

// In the supervisor's thread. Returns the helper's pid.
pid_t exec_clone(const struct exec_launch *l, struct fail *f);

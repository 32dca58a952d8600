// The pod's namespaces, held as descriptors by the shim, which itself stays in the host's.
#pragma once
#include "plan.h"

// In the pod's mount namespace: a procfs of the PID namespace that its containers share.
#define POD_PROC "/pod-proc"

struct sandbox
{
    enum
    {
        SANDBOX_NONE,
        SANDBOX_READY,
        SANDBOX_BROKEN,
    } state;
    int net, ipc, uts, mnt;
    int user;          // the user namespace that owns all the others; -1: the host's
    uint32_t first_id; // the id outside that is its root; 0 without one
    int host_pid;      // the shim's own PID namespace, to come back to
    int proc;          // a procfs of our own that no container can reach or cover
    enum pid_mode pid;
    pid_t init_pid; // --pid pod: its PID 1
    int init_pidfd, init_ns;
    bool net_shared, ipc_shared, uts_shared; // with the host: nothing to enter
    bool traced; // a container has or had CAP_SYS_PTRACE, and its processes see those of others that are being launched
};

void sandbox_initialize(struct sandbox *s);
int sandbox_setup(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f);
// Ends the pod's PID 1, if there is one, and waits for it, so that its cgroup is empty afterwards.
void sandbox_end(struct sandbox *s);
// Writes "0" (the calling thread) to v1 `tasks` or v2 `cgroup.procs` descriptors.
int placement_enter(const int *tasks, int count, const int *fds, struct fail *f);
// The next children are born in the PID namespace `ns` (a namespace or process descriptor); and back.
int sandbox_enter_pid(const struct sandbox *s, int ns, struct fail *f);
void sandbox_leave_pid(const struct sandbox *s);

// Makes the pod's namespaces, and enters those that belong to its user namespace. namespaces(7), user_namespaces(7).
#pragma once
#include "sandbox.h"

// A descriptor of a process's namespace through the shim's own procfs; pid 0 is the calling thread.
int namespace_open(const struct sandbox *s, pid_t pid, const char *name, struct fail *f);
// The process that makes those that belong to a user namespace; namespaces_end in every case.
struct maker
{
    pid_t pid;
    int channel;
};

// Network, IPC, UTS and user namespace of the pod, set up as the plan says. With a user namespace they are begun by a process of its own,
// so that other work can go on meanwhile (of the user namespace the sandbox has a descriptor at once), and taken over when it has finished.
int namespaces_begin(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct maker *m, struct fail *f);
int namespaces_take(struct sandbox *s, const struct maker *m, struct fail *f);
void namespaces_end(struct maker *m);
// The caller enters the pod's network, IPC and UTS namespace.
int namespaces_join(const struct sandbox *s, struct fail *f);
// The caller, root outside, creates files as root of the user namespace from here on, still with all its capabilities.
int namespaces_own_files(const struct sandbox *s, struct fail *f);
// The caller becomes root of the user namespace, in new namespaces that belong to it (`flags`, CLONE_NEW…). With CLONE_NEWPID,
// which only children enter, it is a child that returns; the caller hands its number and descriptor to `status` ('c') and ends.
int namespaces_enter_user(const struct sandbox *s, uint64_t flags, int status, struct fail *f);

// The words of the plans: which plan knows which word, how many arguments it takes, and what it means.
#pragma once
#include "plan.h"

#define PLAN_MAX_ARGUMENTS 7

enum plan_word
{
    W_VERSION,
    W_END,
    W_NET,
    W_IPC,
    W_UTS,
    W_USERNS,
    W_PID,
    W_INIT_CGROUP,
    W_INIT_CGROUP_TASKS,
    W_HOSTNAME,
    W_DOMAINNAME,
    W_SHIM_CGROUP,
    W_POD_DIR,
    W_LAYERS,
    W_MEMORY_VOLUME,
    W_SYSCTL,
    W_CGROUP,
    W_CGROUP_TASKS,
    W_CGROUPNS,
    W_LOWER,
    W_UPPER,
    W_WORK,
    W_OVERLAY_VOLATILE,
    W_ROOTFS_READONLY,
    W_MOUNT_LABEL,
    W_PROC,
    W_MOUNT_FIRST = W_PROC,
    W_SYSFS,
    W_CGROUPFS,
    W_MQUEUE,
    W_DEVPTS,
    W_DEV,
    W_TMPFS,
    W_BIND,
    W_BIND_FD,
    W_DEVICE,
    W_MOUNT_LAST = W_DEVICE,
    W_MASK,
    W_READONLY,
    W_CWD,
    W_UMASK,
    W_UID,
    W_GID,
    W_GROUPS,
    W_CAPS,
    W_NO_NEW_PRIVS,
    W_SECCOMP,
    W_SECCOMP_FLAGS,
    W_LSM,
    W_IDENTITY,
    W_OOM_SCORE_ADJ,
    W_RLIMIT,
    W_LOG,
    W_CONTAINER,
    W_PROGRAM,
    W_TTY,
    W_STDIN,
    W_STDIO,
    W_ENV,
    W_ARG,
    W_COUNT,
};

struct word_spec
{
    const char *name;
    enum plan_word word;
    uint8_t arguments;
    uint8_t allowed, required; // plan_kind bits
    bool many;
};

// Ends with a nameless entry.
extern const struct word_spec plan_word_specs[];

// Each returns NULL, or why the word is refused.
const char *sandbox_word(struct sandbox_plan *plan, enum plan_word word, const char **a, int fd_count);
const char *container_word(struct container_plan *plan, enum plan_word word, const char **a, int fd_count);
const char *exec_word(struct exec_plan *plan, enum plan_word word, const char **a, int fd_count);
const char *process_word(struct process_plan *plan, enum plan_word word, const char **a, int fd_count);
const char *mount_word(struct mount_plan *plan, enum plan_word word, const char **a, int fd_count);
const char *sandbox_consistent(const struct sandbox_plan *plan, const size_t *seen);
const char *container_consistent(const struct container_plan *plan);
const char *exec_consistent(const struct exec_plan *plan);

// A user or group.
const char *plan_id(const char *text, uint32_t *id);
// An index below fd_count; "-" gives -1 where `optional`.
bool plan_index(const char *text, int fd_count, bool optional, int *index);
// Absolute, without empty, "." or ".." components, and not "/" itself.
bool plan_path(const char *text);

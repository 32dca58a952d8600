// Launch plans: lists of NUL-terminated words. Parsing fails closed: an unknown, doubled, missing or malformed word,
// a missing --end or anything after it refuses the whole plan. docs/shim-protocol.md lists the words.
#pragma once
#include "util.h"

#include <sys/types.h>

enum plan_kind
{
    PLAN_SANDBOX = 1,
    PLAN_CONTAINER = 2,
    PLAN_EXEC = 4,
};

#define PLAN_MAX_BYTES (4u << 20)
#define PLAN_MAX_TASKS 24

enum ns_mode
{
    NS_NEW,
    NS_HOST,
    NS_FD,
};

enum pid_mode
{
    PID_PRIVATE,
    PID_POD,
    PID_HOST,
    PID_CONTAINER, // that of another container
};

// Indices into the descriptors that came with the plan; -1 for none.
struct placement
{
    int cgroup;
    int tasks[PLAN_MAX_TASKS];
    int task_count;
};

struct memory_volume
{
    const char *name, *size, *mode;
    uint32_t group;
};

struct name_value
{
    const char *name, *value;
};

struct rlimit_plan
{
    int resource;
    uint64_t soft, hard;
};

// What becomes of a process between its clone and its exec; the same for a container and an exec.
struct process_plan
{
    const char *cwd;
    mode_t umask;
    uint32_t uid, gid;
    uint32_t *groups;
    size_t group_count;
    uint64_t bounding, effective, permitted, inheritable, ambient;
    bool no_new_privs;
    int seccomp;
    uint32_t seccomp_flags;          // SECCOMP_FILTER_FLAG_*
    const char *lsm_file, *lsm_text; // of /proc/thread-self/attr, and what is written there; NULL: none
    int identity;                    // takes the ids as the kernel has them before exec; -1: nobody asks
    int program;                     // the file to execute, whatever the first of argv is; -1: that is looked for
    bool has_oom_score_adj;
    int oom_score_adj;
    struct rlimit_plan *rlimits;
    size_t rlimit_count;
    char **env, **argv; // NULL-terminated
    size_t env_count, argc;
};

struct sandbox_plan
{
    enum ns_mode net, ipc, uts;
    int net_fd;
    uint32_t first_id, id_count; // of the user namespace; 0: the host's
    enum pid_mode pid;
    struct placement init;
    const char *hostname, *domainname;
    int shim_cgroups[PLAN_MAX_TASKS];
    int shim_cgroup_count;
    int pod_dir, layers;
    struct memory_volume *volumes;
    size_t volume_count;
    struct name_value *sysctls;
    size_t sysctl_count;
};

enum mount_kind
{
    MOUNT_PROC,
    MOUNT_SYSFS,
    MOUNT_CGROUPFS,
    MOUNT_MQUEUE,
    MOUNT_DEVPTS,
    MOUNT_DEV,
    MOUNT_TMPFS,
    MOUNT_BIND,
    MOUNT_BIND_FD,
    MOUNT_DEVICE,
};

enum propagation
{
    PROPAGATION_PRIVATE,
    PROPAGATION_SLAVE,
    PROPAGATION_SHARED,
};

struct mount_plan
{
    enum mount_kind kind;
    const char *target;
    const char *source;  // MOUNT_BIND
    int fd;              // MOUNT_BIND_FD
    unsigned attributes; // MOUNT_ATTR_*
    bool recursive_readonly, create_file, create_dir, idmap;
    enum propagation propagation;
    const char *size, *mode; // MOUNT_TMPFS, as text for the file system
    char device_type;
    uint32_t major, minor, device_mode, uid, gid;
};

struct container_plan
{
    enum pid_mode pid;
    const char *pid_of; // PID_CONTAINER
    struct placement placement;
    bool new_cgroupns;
    char **lowers; // uppermost first
    size_t lower_count;
    const char *upper, *work;
    bool overlay_volatile, rootfs_readonly;
    const char *mount_label; // SELinux context of what the container finds mounted; NULL: none
    struct mount_plan *mounts;
    size_t mount_count;
    char **masks, **readonlys;
    size_t mask_count, readonly_count;
    const char *log_path; // NULL: none
    uint64_t log_max_size;
    uint32_t log_max_files;
    bool has_stdin, tty;
    struct process_plan process;
};

struct exec_plan
{
    const char *container;
    struct placement placement;
    bool tty;
    int stdio[3];
    struct process_plan process;
};

// The words point into the caller's bytes, which must outlive the plan.
struct plan
{
    enum plan_kind kind;
    union
    {
        struct sandbox_plan sandbox;
        struct container_plan container;
        struct exec_plan exec;
    };
};

// `fd_count` is the number of descriptors the plan's N may refer to. On -1 nothing is left allocated.
int plan_parse(struct plan *plan, enum plan_kind kind, const char *bytes, size_t length, int fd_count, struct fail *f);
void plan_free(struct plan *plan);

// Container and exec ids: 1–128 of [A-Za-z0-9._-], so that they are safe in packets, file names and messages.
bool plan_valid_id(const char *text);

#define _GNU_SOURCE
#include "plan_words.h"

#include <string.h>

#define S PLAN_SANDBOX
#define C PLAN_CONTAINER
#define X PLAN_EXEC

const struct word_spec plan_word_specs[] = {
    // name, word, arguments, allowed, required, many
    {"--env", W_ENV, 1, C | X, 0, true}, // first: by far the most frequent
    {"--arg", W_ARG, 1, C | X, C | X, true},
    {"--version", W_VERSION, 1, S | C | X, S | C | X, false},
    {"--end", W_END, 0, S | C | X, S | C | X, false},
    {"--net", W_NET, 1, S, S, false},
    {"--ipc", W_IPC, 1, S, S, false},
    {"--uts", W_UTS, 1, S, S, false},
    {"--userns", W_USERNS, 1, S, S, false},
    {"--pid", W_PID, 1, S | C, S | C, false},
    {"--init-cgroup", W_INIT_CGROUP, 1, S, 0, false},
    {"--init-cgroup-tasks", W_INIT_CGROUP_TASKS, 1, S, 0, true},
    {"--hostname", W_HOSTNAME, 1, S, 0, false},
    {"--domainname", W_DOMAINNAME, 1, S, 0, false},
    {"--shim-cgroup", W_SHIM_CGROUP, 1, S, 0, true},
    {"--pod-dir", W_POD_DIR, 1, S, S, false},
    {"--layers", W_LAYERS, 1, S, S, false},
    {"--memory-volume", W_MEMORY_VOLUME, 4, S, 0, true},
    {"--sysctl", W_SYSCTL, 2, S, 0, true},
    {"--container", W_CONTAINER, 1, X, X, false},
    {"--cgroup", W_CGROUP, 1, C | X, C | X, false},
    {"--cgroup-tasks", W_CGROUP_TASKS, 1, C | X, 0, true},
    {"--cgroupns", W_CGROUPNS, 1, C, C, false},
    {"--lower", W_LOWER, 1, C, C, true},
    {"--upper", W_UPPER, 1, C, C, false},
    {"--work", W_WORK, 1, C, C, false},
    {"--overlay-volatile", W_OVERLAY_VOLATILE, 1, C, C, false},
    {"--rootfs-readonly", W_ROOTFS_READONLY, 1, C, C, false},
    {"--mount-label", W_MOUNT_LABEL, 1, C, 0, false},
    {"--proc", W_PROC, 1, C, 0, true},
    {"--sysfs", W_SYSFS, 2, C, 0, true},
    {"--cgroupfs", W_CGROUPFS, 2, C, 0, true},
    {"--mqueue", W_MQUEUE, 1, C, 0, true},
    {"--devpts", W_DEVPTS, 1, C, 0, true},
    {"--dev", W_DEV, 1, C, 0, true},
    {"--tmpfs", W_TMPFS, 4, C, 0, true},
    {"--bind", W_BIND, 4, C, 0, true},
    {"--bind-fd", W_BIND_FD, 4, C, 0, true},
    {"--device", W_DEVICE, 7, C, 0, true},
    {"--mask", W_MASK, 1, C, 0, true},
    {"--readonly", W_READONLY, 1, C, 0, true},
    {"--cwd", W_CWD, 1, C | X, C | X, false},
    {"--umask", W_UMASK, 1, C | X, C | X, false},
    {"--uid", W_UID, 1, C | X, C | X, false},
    {"--gid", W_GID, 1, C | X, C | X, false},
    {"--groups", W_GROUPS, 1, C | X, C | X, false},
    {"--caps", W_CAPS, 5, C | X, C | X, false},
    {"--no-new-privs", W_NO_NEW_PRIVS, 1, C | X, C | X, false},
    {"--seccomp", W_SECCOMP, 1, C | X, C | X, false},
    {"--seccomp-flags", W_SECCOMP_FLAGS, 1, C | X, 0, false},
    {"--lsm", W_LSM, 2, C | X, C | X, false},
    {"--identity", W_IDENTITY, 1, C | X, 0, false},
    {"--oom-score-adj", W_OOM_SCORE_ADJ, 1, C | X, C | X, false},
    {"--rlimit", W_RLIMIT, 3, C | X, 0, true},
    {"--log", W_LOG, 3, C, C, false},
    {"--program", W_PROGRAM, 1, X, 0, false},
    {"--tty", W_TTY, 1, C | X, X, false},
    {"--stdin", W_STDIN, 1, C, 0, false},
    {"--stdio", W_STDIO, 3, X, X, false},
    {0},
};

bool plan_index(const char *text, int fd_count, bool optional, int *index)
{
    uint64_t value;
    if (optional && strcmp(text, "-") == 0)
    {
        *index = -1;
        return true;
    }
    if (fd_count <= 0 || !parse_u64(text, 10, (uint64_t)fd_count - 1, &value))
        return false;
    *index = (int)value;
    return true;
}

bool plan_path(const char *text)
{
    if (text[0] != '/' || text[1] == '\0' || strlen(text) >= 4096)
        return false;
    while (*text)
    {
        const char *component = text + 1;
        size_t length = strcspn(component, "/");
        if (length == 0 || (length == 1 && component[0] == '.') || (length == 2 && component[0] == '.' && component[1] == '.'))
            return false;
        text = component + length;
    }
    return true;
}

static bool choose(const char *text, const char *const *choices, int *value)
{
    for (int i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
        {
            *value = i;
            return true;
        }
    return false;
}

static bool parse_bool(const char *text, bool *value)
{
    *value = text[0] == '1';
    return (text[0] == '0' || text[0] == '1') && text[1] == '\0';
}

static const char *ns_word(const char *text, enum ns_mode *mode)
{
    int choice;
    if (!choose(text, (const char *const[]){"new", "host", NULL}, &choice))
        return "new or host is wanted";
    *mode = choice ? NS_HOST : NS_NEW;
    return NULL;
}

// FIRST:COUNT, as in /etc/subuid.
static const char *userns_word(struct sandbox_plan *plan, const char *text)
{
    char first[12];
    uint64_t numbers[2];
    size_t length = strcspn(text, ":");
    if (strcmp(text, "host") == 0)
        return NULL;
    if (length >= sizeof first || !text[length])
        return "host or FIRST:COUNT is wanted";
    memcpy(first, text, length);
    first[length] = '\0';
    // Root of the host must be nobody inside, and nobody (65534) somebody.
    if (!parse_u64(first, 10, UINT32_MAX, &numbers[0]) || !parse_u64(text + length + 1, 10, UINT32_MAX, &numbers[1]) || numbers[0] == 0 ||
        numbers[1] < 65536 || numbers[0] + numbers[1] > UINT32_MAX)
        return "at least 65536 ids from 1 to 4294967294 are wanted";
    plan->first_id = (uint32_t)numbers[0];
    plan->id_count = (uint32_t)numbers[1];
    return NULL;
}

static const char *pid_word(const char *text, enum pid_mode *mode)
{
    int choice;
    if (!choose(text, (const char *const[]){"private", "pod", "host", NULL}, &choice))
        return "private, pod or host is wanted";
    *mode = (enum pid_mode)choice;
    return NULL;
}

static const char *tasks_word(int *tasks, int *count, const char *text, int fd_count)
{
    if (*count == PLAN_MAX_TASKS)
        return "too many";
    return plan_index(text, fd_count, false, &tasks[(*count)++]) ? NULL : "no such descriptor";
}

// Hostnames and sysctl values end up in kernel strings that programs read line by line.
static bool printable(const char *text, size_t max)
{
    size_t length = 0;
    for (; text[length]; length++)
        if (length == max || (unsigned char)text[length] < 0x20 || text[length] == 0x7f)
            return false;
    return true;
}

static bool simple_name(const char *text)
{
    return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && !strchr(text, '/') && printable(text, 253);
}

// Only what belongs to a namespace of the pod: anything else would change the machine.
static const char *sysctl_word(const char *name, const char *value)
{
    static const char *const allowed[] = {
        "net.", "net/", "fs.mqueue.", "fs/mqueue/", "kernel.shm", "kernel/shm", "kernel.msg", "kernel/msg", NULL};
    bool known = strcmp(name, "kernel.sem") == 0 || strcmp(name, "kernel/sem") == 0;
    for (int i = 0; allowed[i] && !known; i++)
        known = strncmp(name, allowed[i], strlen(allowed[i])) == 0;
    if (!known)
        return "not a sysctl of the pod's namespaces";
    if (name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@")] || find_text(name, "..") ||
        find_text(name, "//") || strlen(name) > 200)
        return "malformed name";
    return printable(value, 1024) ? NULL : "control characters or more than 1024 bytes";
}

const char *sandbox_word(struct sandbox_plan *plan, enum plan_word word, const char **a, int fd_count)
{
    uint64_t number;
    switch (word)
    {
    case W_NET:
        if (strncmp(a[0], "fd:", 3) != 0)
            return ns_word(a[0], &plan->net);
        plan->net = NS_FD;
        return plan_index(a[0] + 3, fd_count, false, &plan->net_fd) ? NULL : "no such descriptor";
    case W_IPC:
        return ns_word(a[0], &plan->ipc);
    case W_UTS:
        return ns_word(a[0], &plan->uts);
    case W_USERNS:
        return userns_word(plan, a[0]);
    case W_PID:
        return pid_word(a[0], &plan->pid);
    case W_INIT_CGROUP:
        return plan_index(a[0], fd_count, true, &plan->init.cgroup) ? NULL : "no such descriptor";
    case W_INIT_CGROUP_TASKS:
        return tasks_word(plan->init.tasks, &plan->init.task_count, a[0], fd_count);
    case W_HOSTNAME:
        plan->hostname = a[0];
        return a[0][0] && printable(a[0], 64) ? NULL : "1 to 64 printable bytes are wanted";
    case W_DOMAINNAME:
        plan->domainname = strcmp(a[0], "-") == 0 ? NULL : a[0];
        return printable(a[0], 64) ? NULL : "at most 64 printable bytes are wanted";
    case W_SHIM_CGROUP:
        return tasks_word(plan->shim_cgroups, &plan->shim_cgroup_count, a[0], fd_count);
    case W_POD_DIR:
        return plan_index(a[0], fd_count, false, &plan->pod_dir) ? NULL : "no such descriptor";
    case W_LAYERS:
        return plan_index(a[0], fd_count, false, &plan->layers) ? NULL : "no such descriptor";
    case W_MEMORY_VOLUME:
        if (!simple_name(a[0]))
            return "a plain name is wanted";
        if (!parse_u64(a[1], 10, INT64_MAX, &number) || !parse_u64(a[2], 8, 07777, &number))
            return "a size in bytes and an octal mode are wanted";
        plan->volumes[plan->volume_count] = (struct memory_volume){a[0], a[1], a[2], 0};
        return plan_id(a[3], &plan->volumes[plan->volume_count++].group);
    case W_SYSCTL:
        plan->sysctls[plan->sysctl_count++] = (struct name_value){a[0], a[1]};
        return sysctl_word(a[0], a[1]);
    default:
        return NULL; // --version and --end
    }
}

const char *sandbox_consistent(const struct sandbox_plan *plan, const size_t *seen)
{
    if (plan->pod_dir == plan->layers)
        return "--pod-dir and --layers: one mount cannot be in two places";
    if ((plan->uts == NS_NEW) != (seen[W_HOSTNAME] == 1) || (plan->uts == NS_HOST && seen[W_DOMAINNAME]))
        return "--hostname belongs to --uts new, and only to it";
    if (plan->first_id && (plan->net != NS_NEW || plan->ipc != NS_NEW || plan->uts != NS_NEW || plan->pid == PID_HOST))
        return "--userns: the pod's other namespaces must be new, so that they belong to it";
    if (plan->pid != PID_POD && (seen[W_INIT_CGROUP] || seen[W_INIT_CGROUP_TASKS]))
        return "--init-cgroup belongs to --pid pod only";
    for (size_t i = 0; i < plan->sysctl_count; i++)
    {
        bool network = strncmp(plan->sysctls[i].name, "net", 3) == 0;
        if (network ? plan->net == NS_HOST : plan->ipc == NS_HOST)
            return "--sysctl would change a namespace of the host";
    }
    for (size_t i = 0; i < plan->volume_count; i++)
        if (plan->first_id && plan->volumes[i].group >= plan->id_count)
            return "--memory-volume: its group would be one of another user namespace";
    for (size_t i = 0; i < plan->volume_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(plan->volumes[i].name, plan->volumes[j].name) == 0)
                return "--memory-volume: a name given twice";
    return NULL;
}

static const char *add_path(char **list, size_t *count, const char *path)
{
    list[(*count)++] = (char *)path;
    return plan_path(path) ? NULL : "an absolute path without . and .. is wanted";
}

static const char *one_path(const char **target, const char *path, const char *under)
{
    *target = path;
    if (!plan_path(path) || strncmp(path, under, strlen(under)) != 0)
        return "an absolute path without . and .., below /pod, is wanted";
    return NULL;
}

static const char *log_word(struct container_plan *plan, const char **a)
{
    uint64_t files;
    if (strcmp(a[0], "none") == 0)
        return NULL;
    if (!parse_u64(a[1], 10, INT64_MAX, &plan->log_max_size) || plan->log_max_size == 0 || !parse_u64(a[2], 10, 1000, &files) || files == 0)
        return "a size in bytes and 1 to 1000 files are wanted";
    plan->log_max_files = (uint32_t)files;
    return one_path(&plan->log_path, a[0], "/pod/");
}

const char *container_word(struct container_plan *plan, enum plan_word word, const char **a, int fd_count)
{
    if (word >= W_MOUNT_FIRST && word <= W_MOUNT_LAST)
        return mount_word(&plan->mounts[plan->mount_count++], word, a, fd_count);
    switch (word)
    {
    case W_PID:
        if (strncmp(a[0], "container:", 10) != 0)
            return pid_word(a[0], &plan->pid);
        plan->pid = PID_CONTAINER;
        plan->pid_of = a[0] + 10;
        return plan_valid_id(plan->pid_of) ? NULL : "malformed container id";
    case W_CGROUP:
        return plan_index(a[0], fd_count, true, &plan->placement.cgroup) ? NULL : "no such descriptor";
    case W_CGROUP_TASKS:
        return tasks_word(plan->placement.tasks, &plan->placement.task_count, a[0], fd_count);
    case W_CGROUPNS:
    {
        enum ns_mode mode = NS_HOST;
        const char *why = ns_word(a[0], &mode);
        plan->new_cgroupns = mode == NS_NEW;
        return why;
    }
    case W_LOWER:
        if (plan->lower_count == 500)
            return "overlayfs takes at most 500 layers";
        if (strncmp(a[0], "/layers/", 8) != 0)
            return "a path below /layers is wanted";
        return add_path(plan->lowers, &plan->lower_count, a[0]);
    case W_UPPER:
        return one_path(&plan->upper, a[0], "/pod/");
    case W_WORK:
        return one_path(&plan->work, a[0], "/pod/");
    case W_OVERLAY_VOLATILE:
        return parse_bool(a[0], &plan->overlay_volatile) ? NULL : "0 or 1 is wanted";
    case W_ROOTFS_READONLY:
        return parse_bool(a[0], &plan->rootfs_readonly) ? NULL : "0 or 1 is wanted";
    case W_MOUNT_LABEL:
        plan->mount_label = a[0];
        // It is quoted among the options of a mount.
        return a[0][0] && printable(a[0], 512) && !strpbrk(a[0], "\"\\") ? NULL : "a context without quotes is wanted";
    case W_MASK:
        return add_path(plan->masks, &plan->mask_count, a[0]);
    case W_READONLY:
        return add_path(plan->readonlys, &plan->readonly_count, a[0]);
    case W_LOG:
        return log_word(plan, a);
    case W_STDIN:
        return parse_bool(a[0], &plan->has_stdin) ? NULL : "0 or 1 is wanted";
    case W_TTY:
        return parse_bool(a[0], &plan->tty) ? NULL : "0 or 1 is wanted";
    default:
        return process_word(&plan->process, word, a, fd_count);
    }
}

const char *exec_word(struct exec_plan *plan, enum plan_word word, const char **a, int fd_count)
{
    switch (word)
    {
    case W_CONTAINER:
        plan->container = a[0];
        return plan_valid_id(a[0]) ? NULL : "malformed container id";
    case W_CGROUP:
        return plan_index(a[0], fd_count, true, &plan->placement.cgroup) ? NULL : "no such descriptor";
    case W_CGROUP_TASKS:
        return tasks_word(plan->placement.tasks, &plan->placement.task_count, a[0], fd_count);
    case W_TTY:
        return parse_bool(a[0], &plan->tty) ? NULL : "0 or 1 is wanted";
    case W_STDIO:
        for (int i = 0; i < 3; i++)
            if (!plan_index(a[i], fd_count, true, &plan->stdio[i]))
                return "no such descriptor";
        return NULL;
    default:
        return process_word(&plan->process, word, a, fd_count);
    }
}

const char *container_consistent(const struct container_plan *plan)
{
    // Attaching it a second time would take it away from its first place.
    for (size_t i = 0; i < plan->mount_count; i++)
        for (size_t j = 0; j < i && plan->mounts[i].kind == MOUNT_BIND_FD; j++)
            if (plan->mounts[j].kind == MOUNT_BIND_FD && plan->mounts[j].fd == plan->mounts[i].fd)
                return "--bind-fd: one mount cannot be in two places";
    // What a terminal gives must be read by somebody, and attaching is the log thread's.
    if (!plan->log_path && (plan->tty || plan->has_stdin))
        return "--stdin and --tty belong to a container with a log";
    return NULL;
}

const char *exec_consistent(const struct exec_plan *plan)
{
    if (plan->tty && (plan->stdio[0] >= 0 || plan->stdio[1] >= 0 || plan->stdio[2] >= 0))
        return "--tty 1 takes its streams from the terminal: --stdio - - - is wanted";
    return NULL;
}

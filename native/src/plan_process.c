// The words about a process and about one mount.
#define _GNU_SOURCE
#include "kernel.h"
#include "plan_words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char *groups_word(struct process_plan *plan, const char *list)
{
    size_t count = 1;
    if (strcmp(list, "-") == 0)
        return NULL;
    for (const char *c = list; *c; c++)
        count += *c == ',';
    if (count > 65536)
        return "more than 65536 groups";
    plan->groups = calloc(count, sizeof *plan->groups);
    if (!plan->groups)
        return "out of memory";
    while (plan->group_count < count)
    {
        char text[12];
        uint64_t group;
        size_t length = strcspn(list, ",");
        if (length >= sizeof text)
            return "malformed group";
        memcpy(text, list, length);
        text[length] = '\0';
        if (!parse_u64(text, 10, UINT32_MAX - 1, &group))
            return "malformed group";
        plan->groups[plan->group_count++] = (uint32_t)group;
        list += length + (list[length] == ',');
    }
    return NULL;
}

static const char *rlimit_word(struct rlimit_plan *plan, const char **a)
{
    static const struct
    {
        const char *name;
        int resource;
    } names[] = {
        {"AS", RLIMIT_AS},
        {"CORE", RLIMIT_CORE},
        {"CPU", RLIMIT_CPU},
        {"DATA", RLIMIT_DATA},
        {"FSIZE", RLIMIT_FSIZE},
        {"LOCKS", RLIMIT_LOCKS},
        {"MEMLOCK", RLIMIT_MEMLOCK},
        {"MSGQUEUE", RLIMIT_MSGQUEUE},
        {"NICE", RLIMIT_NICE},
        {"NOFILE", RLIMIT_NOFILE},
        {"NPROC", RLIMIT_NPROC},
        {"RSS", RLIMIT_RSS},
        {"RTPRIO", RLIMIT_RTPRIO},
        {"RTTIME", RLIMIT_RTTIME},
        {"SIGPENDING", RLIMIT_SIGPENDING},
        {"STACK", RLIMIT_STACK},
    };
    const char *name = strncmp(a[0], "RLIMIT_", 7) == 0 ? a[0] + 7 : a[0];
    plan->resource = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            plan->resource = names[i].resource;
    if (plan->resource < 0)
        return "unknown limit";
    for (int i = 1; i <= 2; i++)
    {
        uint64_t *limit = i == 1 ? &plan->soft : &plan->hard;
        if (strcmp(a[i], "unlimited") == 0)
            *limit = UINT64_MAX; // RLIM64_INFINITY
        else if (!parse_u64(a[i], 10, UINT64_MAX - 1, limit))
            return "a number or unlimited is wanted";
    }
    return plan->soft <= plan->hard ? NULL : "the soft limit is above the hard one";
}

const char *plan_id(const char *text, uint32_t *id)
{
    uint64_t number;
    if (!parse_u64(text, 10, UINT32_MAX - 1, &number)) // 2^32 - 1 means "unchanged" to the kernel
        return "a number below 4294967295 is wanted";
    *id = (uint32_t)number;
    return NULL;
}

static const char *caps_word(struct process_plan *plan, const char **a)
{
    uint64_t *sets[] = {&plan->bounding, &plan->effective, &plan->permitted, &plan->inheritable, &plan->ambient};
    for (int i = 0; i < 5; i++)
        if (!parse_u64(a[i], 16, UINT64_MAX, sets[i]))
            return "five hexadecimal masks are wanted";
    if (plan->effective & ~plan->permitted)
        return "effective capabilities that are not permitted";
    if (plan->ambient & ~(plan->permitted & plan->inheritable))
        return "ambient capabilities that are not permitted and inheritable";
    return NULL;
}

// A file of /proc/thread-self/attr and what is written there: "exec NAME" for AppArmor, a context for SELinux.
static const char *lsm_word(struct process_plan *plan, const char **a)
{
    bool none = strcmp(a[0], "none") == 0;
    plan->lsm_file = none ? NULL : a[0];
    plan->lsm_text = a[1];
    return none || strcmp(a[0], "exec") == 0 || strcmp(a[0], "apparmor/exec") == 0 ? NULL : "none, exec or apparmor/exec is wanted";
}

const char *process_word(struct process_plan *plan, enum plan_word word, const char **a, int fd_count)
{
    uint64_t number;
    switch (word)
    {
    case W_CWD:
        plan->cwd = a[0];
        return a[0][0] == '/' && strlen(a[0]) < 4096 ? NULL : "an absolute path is wanted";
    case W_UMASK:
        if (!parse_u64(a[0], 8, 0777, &number))
            return "an octal number up to 777 is wanted";
        plan->umask = (mode_t)number;
        return NULL;
    case W_UID:
        return plan_id(a[0], &plan->uid);
    case W_GID:
        return plan_id(a[0], &plan->gid);
    case W_GROUPS:
        return groups_word(plan, a[0]);
    case W_CAPS:
        return caps_word(plan, a);
    case W_NO_NEW_PRIVS:
        plan->no_new_privs = a[0][0] == '1';
        return (a[0][0] == '0' || a[0][0] == '1') && !a[0][1] ? NULL : "0 or 1 is wanted";
    case W_SECCOMP:
        if (strcmp(a[0], "none") == 0)
            return NULL;
        return plan_index(a[0], fd_count, false, &plan->seccomp) ? NULL : "a descriptor or none is wanted";
    case W_SECCOMP_FLAGS:
        if (!parse_u64(a[0], 16, UINT32_MAX, &number))
            return "a hexadecimal mask is wanted";
        plan->seccomp_flags = (uint32_t)number;
        return NULL;
    case W_LSM:
        return lsm_word(plan, a);
    case W_IDENTITY:
        return plan_index(a[0], fd_count, false, &plan->identity) ? NULL : "no such descriptor";
    case W_PROGRAM:
        return plan_index(a[0], fd_count, false, &plan->program) ? NULL : "no such descriptor";
    case W_OOM_SCORE_ADJ:
        if (strcmp(a[0], "-") == 0)
            return NULL;
        plan->has_oom_score_adj = true;
        return parse_i32(a[0], -1000, 1000, &plan->oom_score_adj) ? NULL : "-1000 to 1000 or - is wanted";
    case W_RLIMIT:
        return rlimit_word(&plan->rlimits[plan->rlimit_count++], a);
    case W_ENV:
    {
        const char *equals = strchr(a[0], '=');
        plan->env[plan->env_count++] = (char *)a[0];
        return equals && equals != a[0] ? NULL : "NAME=VALUE is wanted";
    }
    case W_ARG:
        plan->argv[plan->argc++] = (char *)a[0];
        return plan->argc > 1 || a[0][0] ? NULL : "an empty command";
    default:
        return NULL; // --version and --end
    }
}

static const char *mount_flags(struct mount_plan *plan, const char *list)
{
    static const char *const names[] = {"ro", "rro", "nosuid", "nodev", "noexec", "create-file", "create-dir", "idmap"};
    unsigned seen = 0;
    if (strcmp(list, "-") == 0)
        return NULL;
    for (bool more = true; more;)
    {
        size_t length = strcspn(list, ",");
        unsigned bit = 0;
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
            if (strlen(names[i]) == length && strncmp(names[i], list, length) == 0)
                bit = 1u << i;
        if (!bit || (seen & bit))
            return "unknown or doubled flag";
        seen |= bit;
        more = list[length] == ',';
        list += length + more;
    }
    plan->attributes |= (seen & 1 ? K_MOUNT_ATTR_RDONLY : 0) | (seen & 4 ? K_MOUNT_ATTR_NOSUID : 0) | (seen & 8 ? K_MOUNT_ATTR_NODEV : 0) |
                        (seen & 16 ? K_MOUNT_ATTR_NOEXEC : 0);
    plan->recursive_readonly = seen & 2;
    plan->create_file = seen & 32;
    plan->create_dir = seen & 64;
    plan->idmap = seen & 128;
    return plan->create_file && plan->create_dir ? "create-file and create-dir together" : NULL;
}

static const char *propagation_word(struct mount_plan *plan, const char *text)
{
    static const char *const names[] = {"private", "slave", "shared"};
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], text) == 0)
        {
            plan->propagation = (enum propagation)i;
            return NULL;
        }
    return "private, slave or shared is wanted";
}

static const char *read_or_write(struct mount_plan *plan, const char *text)
{
    if (strcmp(text, "ro") == 0)
        plan->attributes |= K_MOUNT_ATTR_RDONLY;
    else if (strcmp(text, "rw") != 0)
        return "ro or rw is wanted";
    return NULL;
}

static const char *device_word(struct mount_plan *plan, const char **a)
{
    uint64_t numbers[5];
    plan->device_type = a[0][0];
    if ((a[0][0] != 'c' && a[0][0] != 'b') || a[0][1])
        return "c or b is wanted";
    if (!parse_u64(a[1], 10, 0xfff, &numbers[0]) || !parse_u64(a[2], 10, 0xfffff, &numbers[1]))
        return "malformed device number";
    if (!parse_u64(a[3], 8, 0777, &numbers[2]) || !parse_u64(a[4], 10, UINT32_MAX - 1, &numbers[3]) ||
        !parse_u64(a[5], 10, UINT32_MAX - 1, &numbers[4]))
        return "malformed mode or owner";
    plan->major = (uint32_t)numbers[0];
    plan->minor = (uint32_t)numbers[1];
    plan->device_mode = (uint32_t)numbers[2];
    plan->uid = (uint32_t)numbers[3];
    plan->gid = (uint32_t)numbers[4];
    return NULL;
}

const char *mount_word(struct mount_plan *plan, enum plan_word word, const char **a, int fd_count)
{
    const char *why = NULL;
    uint64_t number;
    plan->kind = (enum mount_kind)(word - W_MOUNT_FIRST);
    plan->fd = -1;
    plan->target = plan->kind == MOUNT_BIND || plan->kind == MOUNT_BIND_FD ? a[1] : a[0];
    if (!plan_path(plan->target))
        return "the target must be an absolute path without . and .., and not / itself";
    switch (plan->kind)
    {
    case MOUNT_SYSFS:
    case MOUNT_CGROUPFS:
        return read_or_write(plan, a[1]);
    case MOUNT_TMPFS:
        plan->size = a[1];
        plan->mode = a[2];
        if (!parse_u64(a[1], 10, INT64_MAX, &number) || !parse_u64(a[2], 8, 07777, &number))
            return "a size in bytes and an octal mode are wanted";
        why = mount_flags(plan, a[3]);
        return why || !plan->idmap ? why : "idmap belongs to binds";
    case MOUNT_BIND:
        plan->source = a[0];
        if (!plan_path(a[0]))
            return "the source must be an absolute path without . and ..";
        break;
    case MOUNT_BIND_FD:
        if (!plan_index(a[0], fd_count, false, &plan->fd))
            return "no such descriptor";
        break;
    case MOUNT_DEVICE:
        return device_word(plan, a + 1);
    default:
        return NULL;
    }
    why = mount_flags(plan, a[2]);
    return why ? why : propagation_word(plan, a[3]);
}

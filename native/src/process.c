// Everything here runs in a child made by a raw clone3 from a process with two threads: no malloc (its lock may be held by
// the other thread for ever) and no libc set*id (it would signal threads that do not exist).
#define _GNU_SOURCE
#include "process.h"
#include "format.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP_SYS_ADMIN_BIT (1ULL << 21)
#define MAX_CAPABILITY 63

void record_send(int fd, char kind, const struct fail *f)
{
    struct record r = {.kind = kind};
    if (f)
        r.fail = *f;
    // If the parent is gone there is nobody to tell.
    if (write(fd, &r, sizeof r) < 0)
        return;
}

int record_send_fds(int fd, const struct record *r, const int *fds, int fd_count)
{
    union
    {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)r, sizeof *r};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
    return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int record_receive(int fd, struct record *r, int fds[2], bool wait)
{
    union
    {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {r, sizeof *r};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    fds[0] = fds[1] = -1;
    ssize_t got;
    do
        got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? -1 : 0;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
    // The helper of an exec lives among processes that may have CAP_SYS_PTRACE: its words are bounded before they are texts.
    r->fail.step[sizeof r->fail.step - 1] = 0;
    r->fail.text[sizeof r->fail.text - 1] = 0;
    return got == (ssize_t)sizeof *r;
}

static void warn(int status, const char *word)
{
    struct fail f = {0};
    text_format(f.step, sizeof f.step, "%s", word);
    record_send(status, 'w', &f);
}

// Into a file of the calling thread's own, through our procfs; 0 or an errno.
static int write_own(int proc, const char *name, const char *text)
{
    char path[40];
    size_t length = strlen(text);
    text_format(path, sizeof path, "thread-self/%s", name);
    cleanup_fd int fd = k_openat2(proc, path, O_WRONLY | O_CLOEXEC, 0, K_RESOLVE_BENEATH | K_RESOLVE_NO_XDEV);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : errno;
}

int process_own_files(const struct process_plan *p, int proc, int status, struct fail *f)
{
    char text[32];
    int err;
    if (p->lsm_file)
    {
        // The label that exec takes on; nothing between here and there undoes it. apparmor(7), selinux(8).
        text_format(text, sizeof text, "attr/%s", p->lsm_file);
        if ((err = write_own(proc, text, p->lsm_text)))
            return fail_set(f, "lsm", err, "%s", p->lsm_text);
    }
    if (!p->has_oom_score_adj)
        return 0;
    text_format(text, sizeof text, "%d", p->oom_score_adj);
    err = write_own(proc, "oom_score_adj", text);
    // Lowering needs CAP_SYS_RESOURCE, which a machine may not grant even to root: said, and not fatal. proc(5).
    if (err == EACCES || err == EPERM)
        warn(status, "oom-score-adj-refused");
    else if (err)
        return fail_set(f, "oom-score-adj", err, "%s", text);
    return 0;
}

int process_new_keyring(struct fail *f)
{
    if (syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL) < 0 && errno != ENOSYS)
        return fail_set(f, "keyring", errno, "KEYCTL_JOIN_SESSION_KEYRING");
    return 0;
}

int process_prepare(const struct process_plan *p, struct process_stdio stdio, uint32_t first_id, struct fail *f)
{
    const int streams[] = {stdio.in, stdio.out, stdio.err};
    struct stat st;
    struct
    {
        uint64_t soft, hard;
    } limit;
    for (int i = 0; i < 3; i++)
        if (fstat(streams[i], &st) == 0 && S_ISFIFO(st.st_mode) && fchown(streams[i], first_id + p->uid, (gid_t)-1) < 0)
            return fail_set(f, "stdio", errno, "owner of stream %d", i);
    for (size_t i = 0; i < p->rlimit_count; i++)
        if (syscall(SYS_prlimit64, 0, p->rlimits[i].resource, NULL, &limit) == 0 && limit.hard < p->rlimits[i].hard)
        {
            limit.hard = p->rlimits[i].hard;
            syscall(SYS_prlimit64, 0, p->rlimits[i].resource, &limit, NULL); // whether it did is seen when it is set
        }
    return 0;
}

static int set_rlimits(const struct process_plan *p, int status, struct fail *f)
{
    bool refused = false;
    for (size_t i = 0; i < p->rlimit_count; i++)
    {
        struct
        {
            uint64_t soft, hard;
        } wanted = {p->rlimits[i].soft, p->rlimits[i].hard}, now;
        if (syscall(SYS_prlimit64, 0, p->rlimits[i].resource, &wanted, NULL) == 0)
            continue;
        if (errno != EPERM || syscall(SYS_prlimit64, 0, p->rlimits[i].resource, NULL, &now) < 0)
            return fail_set(f, "rlimit", errno, "resource %d", p->rlimits[i].resource);
        // Raising a hard limit needs CAP_SYS_RESOURCE too: as near to the wish as the machine lets us.
        wanted.hard = now.hard;
        wanted.soft = wanted.soft > now.hard ? now.hard : wanted.soft;
        if (syscall(SYS_prlimit64, 0, p->rlimits[i].resource, &wanted, NULL) < 0)
            return fail_set(f, "rlimit", errno, "resource %d", p->rlimits[i].resource);
        refused = true;
    }
    if (refused)
        warn(status, "rlimit-refused");
    return 0;
}

static int set_cwd(const struct process_plan *p, struct fail *f)
{
    char cwd[PATH_MAX];
    cleanup_fd int dir = k_openat2(AT_FDCWD, p->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, K_RESOLVE_NO_MAGICLINKS);
    if (dir < 0 || fchdir(dir) < 0)
        return fail_set(f, "cwd", errno, "%s", p->cwd);
    // Outside of the root the kernel says "(unreachable)…".
    if (syscall(SYS_getcwd, cwd, sizeof cwd) < 0 || cwd[0] != '/')
        return fail_set(f, "cwd", EXDEV, "%s lies outside of the root", p->cwd);
    return 0;
}

static int set_bounding(uint64_t bounding, struct fail *f)
{
    for (int cap = 0; cap <= MAX_CAPABILITY && !weak("bounding"); cap++)
        if (!(bounding >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            // The kernel knows every number up to its last capability, whether we have it or not.
            return errno == EINVAL ? 0 : fail_set(f, "caps", errno, "dropping %d from the bounding set", cap);
    return 0;
}

static int set_ids(const struct process_plan *p, struct fail *f)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return fail_set(f, "uid", errno, "PR_SET_KEEPCAPS");
    if (syscall(SYS_setgroups, p->group_count, p->groups) < 0)
        return fail_set(f, "groups", errno, "%zu groups", p->group_count);
    if (syscall(SYS_setresgid, p->gid, p->gid, p->gid) < 0)
        return fail_set(f, "gid", errno, "%u", p->gid);
    if (syscall(SYS_setresuid, p->uid, p->uid, p->uid) < 0)
        return fail_set(f, "uid", errno, "%u", p->uid);
    // A change of ids resets the flag to suid_dumpable, and keeping it 0 until exec hides the launcher from its new neighbours.
    if (k_hide_memory() < 0)
        return fail_set(f, "uid", errno, "PR_SET_DUMPABLE");
    return 0;
}

// What the kernel says, not what was asked: this is what status shows.
static int report_identity(int fd, struct fail *f)
{
    static uint32_t ids[2 + 65536];
    ids[0] = getuid();
    ids[1] = getgid();
    long groups = syscall(SYS_getgroups, 65536, ids + 2);
    size_t size = (2 + (size_t)groups) * sizeof *ids;
    return groups >= 0 && write(fd, ids, size) == (ssize_t)size ? 0 : fail_set(f, "identity", errno, "reporting it");
}

static int set_caps(const struct process_plan *p, struct fail *f)
{
    // Without no_new_privs loading a filter needs CAP_SYS_ADMIN. Keeping it until exec is safe: exec computes the sets anew
    // from bounding, inheritable and ambient (capabilities(7)), and the bounding set has been cut already.
    uint64_t extra = p->seccomp >= 0 && !p->no_new_privs ? CAP_SYS_ADMIN_BIT : 0;
    if (k_capset(p->effective | extra, p->permitted | extra, p->inheritable) < 0)
        return fail_set(f, "caps", errno, "a capability of the plan is not in the shim's own set");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return fail_set(f, "caps", errno, "clearing the ambient set");
    for (int cap = 0; cap <= MAX_CAPABILITY; cap++)
        if ((p->ambient >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
            return fail_set(f, "caps", errno, "raising %d in the ambient set", cap);
    return 0;
}

static int read_filter(int fd, unsigned char *program, size_t size, unsigned *count, struct fail *f)
{
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length < size; length += (size_t)got)
        if ((got = pread(fd, program + length, size - length, (off_t)length)) < 0)
            return fail_set(f, "seccomp", errno, "reading the filter");
    if (length == 0 || length % 8 || length == size)
        return fail_set(f, "seccomp", EINVAL, "%zu bytes: 1 to 4096 instructions of 8 are wanted", length);
    *count = (unsigned)(length / 8);
    return 0;
}

static int set_stdio(struct process_stdio stdio, struct fail *f)
{
    int from[3] = {stdio.in, stdio.out, stdio.err};
    // First above 2, so that no copy destroys one that is still to be copied.
    for (int i = 0; i < 3; i++)
        if (from[i] < 3 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0)
            return fail_set(f, "stdio", errno, "stream %d", i);
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            return fail_set(f, "stdio", errno, "stream %d", i);
    return 0;
}

static void reset_signals(void)
{
    // Ignored signals survive exec. The raw call covers the two that libc keeps for itself.
    struct
    {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } none = {0};
    uint64_t empty = 0;
    for (int signal = 1; signal <= 64; signal++)
        syscall(SYS_rt_sigaction, signal, &none, NULL, sizeof empty); // KILL and STOP refuse, rightly
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty, NULL, sizeof empty);
}

static const char *environment_path(char *const *env)
{
    for (; *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// The plan's own, -1 for none: found while the descriptors are there.
static int program = -1;

static int exec_search(const struct process_plan *p, struct fail *f)
{
    const char *name = p->argv[0];
    char path[PATH_MAX];
    int worst = ENOENT;
    if (program >= 0)
    {
        syscall(SYS_execveat, program, "", p->argv, p->env, AT_EMPTY_PATH);
        return fail_set(f, "exec", errno, "the program that was handed over");
    }
    if (strchr(name, '/'))
    {
        execve(name, p->argv, p->env);
        return fail_set(f, "exec", errno, "%s", name);
    }
    for (const char *list = environment_path(p->env);; list++)
    {
        size_t length = strcspn(list, ":");
        int written = text_format(path, sizeof path, "%.*s%s%s", (int)length, list, length ? "/" : "./", name);
        if (written > 0 && written < (int)sizeof path)
        {
            execve(path, p->argv, p->env);
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
                return fail_set(f, "exec", errno, "%s", path);
            worst = errno == EACCES ? EACCES : worst;
        }
        list += length;
        if (!*list)
            return fail_set(f, "exec", worst, "%s in PATH", name);
    }
}

// Read while the descriptor is there, loaded when nothing else is to be done.
static unsigned char filter[8 * 4096 + 8];
static unsigned filter_length;

int process_become(const struct process_plan *p, const int *fds, struct process_stdio stdio, int status, struct fail *f)
{
    program = p->program >= 0 ? fds[p->program] : -1;
    if (p->seccomp >= 0 && read_filter(fds[p->seccomp], filter, sizeof filter, &filter_length, f) < 0)
        return -1;
    if (set_stdio(stdio, f) < 0 || set_rlimits(p, status, f) < 0 || set_cwd(p, f) < 0)
        return -1;
    umask(p->umask);
    reset_signals();
    if (k_close_range(3, ~0U, K_CLOSE_RANGE_CLOEXEC) < 0)
        return fail_set(f, "close-range", errno, "descriptors from 3 on");
    for (int fd = 3; weak("descriptors") && fd < 64; fd++)
        fcntl(fd, F_SETFD, 0);
    if (set_bounding(p->bounding, f) < 0 || set_ids(p, f) < 0 || set_caps(p, f) < 0)
        return -1;
    if (p->identity >= 0 && report_identity(fds[p->identity], f) < 0)
        return -1;
    if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_set(f, "no-new-privs", errno, "PR_SET_NO_NEW_PRIVS");
    return 0;
}

static int load_filter(const struct process_plan *p, struct fail *f)
{
    if (filter_length && !weak("seccomp") && k_seccomp_filter(filter, filter_length, p->seccomp_flags) < 0)
        return fail_set(f, "seccomp", errno, "loading the filter");
    filter_length = 0;
    return 0;
}

int process_settle(const struct process_plan *p, struct fail *f)
{
    // With no_new_privs the newborn loads it himself, and his own steps need not be allowed by it. Otherwise loading takes
    // CAP_SYS_ADMIN, with which he must not be born.
    if (p->no_new_privs)
        return 0;
    if (load_filter(p, f) < 0)
        return -1;
    return k_capset(p->effective, p->permitted, p->inheritable) < 0 ? fail_set(f, "caps", errno, "after the filter") : 0;
}

int process_run(const struct process_plan *p, int status, struct fail *f)
{
    record_send(status, 'r', NULL);
    // Last, so that the filter need not allow anything of the above.
    return load_filter(p, f) < 0 ? -1 : exec_search(p, f);
}

int process_exec(const struct process_plan *p, const int *fds, struct process_stdio stdio, int status, struct fail *f)
{
    return process_become(p, fds, stdio, status, f) < 0 ? -1 : process_run(p, status, f);
}

int process_keep_only(const int *keep, int count, struct fail *f)
{
    // The gaps between those that stay, upwards from the lowest.
    for (unsigned from = 3; from;)
    {
        unsigned next = ~0U;
        for (int i = 0; i < count; i++)
            if (keep[i] >= (int)from && (unsigned)keep[i] < next)
                next = (unsigned)keep[i];
        if (next != from && k_close_range(from, next == ~0U ? next : next - 1, 0) < 0)
            return fail_set(f, "close-range", errno, "closing descriptors");
        from = next + 1; // 0 after the last
    }
    return 0;
}

// The child waits until the shim is sure to know it: nobody else would reap it or learn of its end.
int process_go_on(uint64_t flags, int status, struct fail *f)
{
    int known[2], pidfd = -1;
    char go = 0;
    if (pipe2(known, O_CLOEXEC) < 0)
        return fail_set(f, "clone", errno, "pipe");
    struct record cloned = {.kind = 'c', .code = k_clone((unsigned long)flags, &pidfd)};
    if (cloned.code < 0)
        return fail_set(f, "clone", errno, "of the one who goes on");
    if (cloned.code > 0)
    {
        if (record_send_fds(status, &cloned, &pidfd, 1) == 0 && write(known[1], &go, 1) < 0)
            process_leave(1); // it is dead already
        process_leave(0);
    }
    close(known[1]);
    if (read(known[0], &go, 1) != 1)
        process_leave(1);
    close(known[0]);
    return 0;
}

_Noreturn void process_leave(int code)
{
    // libc would try for ever.
    syscall(SYS_exit_group, code);
    __builtin_trap();
}

int process_drop_all(uint32_t uid, struct fail *f)
{
    if (set_bounding(0, f) < 0)
        return -1;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, uid, uid, uid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
        return fail_set(f, "uid", errno, "%u", uid);
    if (k_capset(0, 0, 0) < 0 || k_hide_memory() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_set(f, "caps", errno, "dropping all");
    return 0;
}

static char *title;
static size_t title_size;

void process_title_area(int argc, char **argv)
{
    title = argv[0];
    title_size = argc > 0 ? (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]) : 0;
}

void process_title(const char *name)
{
    size_t length = strlen(name);
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (!title_size)
        return;
    memset(title, 0, title_size);
    memcpy(title, name, length < title_size ? length : title_size);
}

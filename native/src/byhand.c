#define _GNU_SOURCE
#include "byhand.h"
#include "format.h"
#include "kernel.h"
#include "launch.h"
#include "mounts.h"
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OPEN 32

struct options
{
    const char *pod_dir, *layers, *hostname, *plan;
    int fds[MAX_OPEN];
    int fd_count;
};

static int open_any(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EINVAL))
        fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);
}

static int read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.hostname = "insula"};
    for (int i = 0; i < argc; i++)
    {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        const char **target = strcmp(argv[i], "--pod-dir") == 0    ? &o->pod_dir
                              : strcmp(argv[i], "--layers") == 0   ? &o->layers
                              : strcmp(argv[i], "--hostname") == 0 ? &o->hostname
                                                                   : NULL;
        if (target && value)
            *target = argv[++i];
        else if (strcmp(argv[i], "--open") == 0 && value && o->fd_count < MAX_OPEN)
        {
            if ((o->fds[o->fd_count++] = open_any(argv[++i])) < 0)
            {
                say("insula-shim: %s: %s", argv[i], strerror(errno));
                return -1;
            }
        }
        else if (!o->plan && i + 1 == argc)
            o->plan = argv[i];
        else
            o->pod_dir = NULL, i = argc;
    }
    if (o->pod_dir && o->layers && o->plan)
        return 0;
    say("insula-shim launch: --pod-dir DIR, --layers DIR and a plan are wanted; see insula-shim --help");
    return -1;
}

static ssize_t read_plan(const char *path, char *bytes, size_t size)
{
    cleanup_fd int fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && length < size)
    {
        got = read(fd, bytes + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        say("insula-shim: %s: %s", path, strerror(errno));
    return got < 0 ? -1 : (ssize_t)length;
}

static int tell(const struct fail *f)
{
    say("insula-shim: %s: %s%s%s", f->step, strerror(f->err), f->text[0] ? ": " : "", f->text);
    return 125;
}

static int setup(struct sandbox *s, const struct options *o, enum pid_mode pid, struct fail *f)
{
    struct sandbox_plan plan = {
        .net = NS_NEW, .ipc = NS_NEW, .uts = NS_NEW, .net_fd = -1, .pid = pid, .hostname = o->hostname, .pod_dir = 0, .layers = 1};
    plan.init.cgroup = -1;
    int fds[2];
    const char *dirs[2] = {o->pod_dir, o->layers};
    for (int i = 0; i < 2; i++)
        if ((fds[i] = k_open_tree(AT_FDCWD, dirs[i], K_OPEN_TREE_CLONE | O_CLOEXEC)) < 0)
            return fail_set(f, "open-tree", errno, "%s", dirs[i]);
    sandbox_initialize(s);
    return sandbox_setup(s, &plan, fds, f);
}

// SIGINT and SIGTERM end the container: as PID 1 it would not notice them itself.
static int wait_for_exit(pid_t pid, int pidfd, const sigset_t *handled)
{
    int result;
    pid_t ended;
    while ((ended = waitpid(pid, &result, WNOHANG)) == 0)
    {
        int signal = sigwaitinfo(handled, NULL);
        if (signal == SIGINT || signal == SIGTERM)
            k_pidfd_send_signal(pidfd, SIGKILL);
    }
    if (ended < 0)
        return 125;
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
}

static int wait_for(pid_t pid, int pidfd, int status, const sigset_t *handled, struct fail *f)
{
    struct record r;
    int fds[2];
    bool failed = false;
    while (record_receive(status, &r, fds, true) == 1)
    {
        close_fd(&fds[0]);
        close_fd(&fds[1]);
        if (r.kind == 'w')
            say("insula-shim: warning: %s", r.fail.step);
        if (r.kind == 'e')
        {
            failed = true;
            *f = r.fail;
        }
    }
    int result = wait_for_exit(pid, pidfd, handled);
    return failed ? tell(f) : result;
}

int launch_by_hand(int argc, char **argv)
{
    char *bytes = malloc(PLAN_MAX_BYTES + 1); // until the end of the process
    struct options o;
    struct plan plan;
    struct sandbox sandbox;
    struct fail f = {0};
    int channel[2], pidfd = -1;
    if (read_options(&o, argc, argv) < 0)
        return 2;
    ssize_t length = bytes ? read_plan(o.plan, bytes, PLAN_MAX_BYTES + 1) : -1;
    if (length < 0)
        return 125;
    if (plan_parse(&plan, PLAN_CONTAINER, bytes, (size_t)length, o.fd_count, &f) < 0)
        return tell(&f);
    if (plan.container.log_path)
        return tell(&(struct fail){.err = EINVAL, .step = "plan", .text = "--log none is wanted: the streams are the terminal's"});
    // The terminal's descriptors, before setup replaces 0–2 by the pod's null device.
    struct process_stdio stdio = {fcntl(0, F_DUPFD_CLOEXEC, 3), fcntl(1, F_DUPFD_CLOEXEC, 3), fcntl(2, F_DUPFD_CLOEXEC, 3)};
    int saved_error = fcntl(2, F_DUPFD_CLOEXEC, 3);
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGCHLD);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &handled, NULL) < 0 || k_hide_memory() < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return tell(&(struct fail){.err = errno, .step = "launch"});
    int result = setup(&sandbox, &o, plan.container.pid, &f);
    if (dup2(saved_error, 2) < 0)
        return 125;
    if (result < 0)
        return tell(&f);
    struct launch l = {&plan.container, &sandbox, o.fds, channel[1], stdio, -1};
    pid_t pid = launch_clone(&l, &pidfd, &f);
    close(channel[1]);
    result = pid < 0 ? tell(&f) : wait_for(pid, pidfd, channel[0], &handled, &f);
    if (sandbox.init_pid > 0)
        k_pidfd_send_signal(sandbox.init_pidfd, SIGKILL);
    return result;
}

int check_userns(const char *directory)
{
    const struct sandbox_plan plan = {.net = NS_HOST, .ipc = NS_HOST, .uts = NS_HOST, .first_id = 65536, .id_count = 65536};
    struct sandbox s;
    struct fail f = {0};
    struct maker m = {-1, -1};
    sandbox_initialize(&s);
    int mount = k_open_tree(AT_FDCWD, directory, K_OPEN_TREE_CLONE | O_CLOEXEC);
    if (mount < 0)
        fail_set(&f, "open-tree", errno, "%s", directory);
    else if ((s.proc = mount_new("proc", NULL, 0, &f)) >= 0 && namespaces_begin(&s, &plan, NULL, &m, &f) == 0 &&
             namespaces_take(&s, &m, &f) == 0)
        mount_idmap(mount, s.user, directory, &f);
    namespaces_end(&m);
    return f.err ? tell(&f) : 0;
}

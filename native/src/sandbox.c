#define _GNU_SOURCE
#include "sandbox.h"
#include "failpoint.h"
#include "format.h"
#include "init.h"
#include "kernel.h"
#include "mounts.h"
#include "namespaces.h"
#include "special.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKED (K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV | K_MOUNT_ATTR_NOEXEC)

void sandbox_initialize(struct sandbox *s)
{
    *s = (struct sandbox){
        .net = -1, .ipc = -1, .uts = -1, .mnt = -1, .host_pid = -1, .proc = -1, .init_pidfd = -1, .init_ns = -1, .user = -1};
}

int placement_enter(const int *tasks, int count, const int *fds, struct fail *f)
{
    for (int i = 0; i < count; i++)
        if (write(fds[tasks[i]], "0", 1) != 1)
            return fail_set(f, "cgroup", errno, "writing to cgroup descriptor %d of the plan", tasks[i]);
    return 0;
}

int sandbox_enter_pid(const struct sandbox *s, int ns, struct fail *f)
{
    (void)s;
    return setns(ns, CLONE_NEWPID) < 0 ? fail_set(f, "pid-namespace", errno, "setns") : 0;
}

void sandbox_leave_pid(const struct sandbox *s)
{
    // Staying would give the next container the wrong PID namespace: better no shim than that.
    if (setns(s->host_pid, CLONE_NEWPID) < 0)
        abort();
}

static int attach_below(int root, const char *name, int mount, struct fail *f)
{
    if (mkdirat(root, name, 0755) < 0 && errno != EEXIST)
        return fail_set(f, "pod-root", errno, "/%s", name);
    cleanup_fd int target = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0)
        return fail_set(f, "pod-root", errno, "/%s", name);
    return mount < 0 ? 0 : mount_attach(mount, target, name, f);
}

static int attach_new(int root, const char *name, const char *type, const char *const *options, unsigned attributes, struct fail *f)
{
    cleanup_fd int mount = mount_new(type, options, attributes, f);
    return mount < 0 ? -1 : attach_below(root, name, mount, f);
}

static int add_volumes(int root, const struct sandbox_plan *plan, struct fail *f)
{
    char owner[12], group[12];
    text_format(owner, sizeof owner, "%u", plan->first_id);
    cleanup_fd int volumes = openat(root, "volumes", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (volumes < 0)
        return fail_set(f, "pod-root", errno, "/volumes");
    for (size_t i = 0; i < plan->volume_count; i++)
    {
        const struct memory_volume *v = &plan->volumes[i];
        text_format(group, sizeof group, "%u", plan->first_id + v->group);
        const char *options[] = {"mode", v->mode, "uid", owner, "gid", group, strcmp(v->size, "0") == 0 ? NULL : "size", v->size, NULL};
        if (attach_new(volumes, v->name, "tmpfs", options, K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV, f) < 0)
            return -1;
    }
    return 0;
}

static int take_directory(int root, const char *name, int mount, unsigned attributes, struct fail *f)
{
    // A clone of a mount that was shared still propagates to the host: cut that before anything is mounted below it.
    if (mount_attributes(mount, attributes, MS_PRIVATE, true, name, f) < 0)
        return -1;
    return attach_below(root, name, mount, f);
}

// The mount namespace that the containers' ones are cloned from. Its root is a tmpfs that holds nothing of the host:
// /pod, /layers, /volumes, /proc, /pod-proc, /rootfs (where a container mounts its overlay), /empty and /null (covers of masked
// paths).
static int make_pod_root(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    static const char *const root_options[] = {"mode", "755", "size", "256k", NULL};
    static const char *const empty_options[] = {"mode", "555", "size", "4k", "nr_inodes", "1", "ro", NULL, NULL};
    if (unshare(CLONE_NEWNS) < 0)
        return fail_set(f, "namespace", errno, "unshare mnt");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return fail_set(f, "pod-root", errno, "making / private");
    cleanup_fd int root = mount_new("tmpfs", root_options, K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NOEXEC, f);
    if (root < 0)
        return -1;
    cleanup_fd int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (slash < 0 || mount_attach(root, slash, "the pod's root", f) < 0)
        return slash < 0 ? fail_set(f, "pod-root", errno, "/") : -1;
    // Images hold the ids that are meant inside; what containers write into /pod is owned by those outside.
    if (s->user >= 0 && mount_idmap(fds[plan->layers], s->user, "/layers", f) < 0)
        return -1;
    if (take_directory(root, "pod", fds[plan->pod_dir], 0, f) < 0 ||
        take_directory(root, "layers", fds[plan->layers], K_MOUNT_ATTR_RDONLY, f) < 0 ||
        attach_new(root, "proc", "proc", NULL, LOCKED, f) < 0 ||
        attach_new(root, "empty", "tmpfs", empty_options, LOCKED | K_MOUNT_ATTR_RDONLY, f) < 0 ||
        attach_below(root, "volumes", -1, f) < 0 || attach_below(root, &POD_PROC[1], -1, f) < 0 ||
        attach_below(root, "rootfs", -1, f) < 0 || add_volumes(root, plan, f) < 0)
        return -1;
    if (mknodat(root, "null", S_IFCHR | 0666, makedev_null()) < 0)
        return fail_set(f, "pod-root", errno, "/null");
    if (mount_pivot(root, f) < 0)
        return -1;
    if (mount_attributes(root, K_MOUNT_ATTR_RDONLY, 0, false, "the pod's root", f) < 0)
        return -1;
    return (s->mnt = namespace_open(s, 0, "mnt", f)) < 0 ? -1 : 0;
}

// The shim's own 0–2 came from the host's /dev: exchange them for the pod's node, so that no mount of the host is held.
static int replace_stdio(struct fail *f)
{
    cleanup_fd int null = open("/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return fail_set(f, "pod-root", errno, "/null");
    for (int i = 0; i < 3; i++)
        if (dup2(null, i) < 0)
            return fail_set(f, "pod-root", errno, "stdio");
    return 0;
}

// Those of a user namespace at the same time as the root: neither needs the other.
static int make_namespaces_and_root(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    struct maker m = {-1, -1};
    int result = namespaces_begin(s, plan, fds, &m, f) < 0 || make_pod_root(s, plan, fds, f) < 0 || namespaces_take(s, &m, f) < 0 ||
                         failpoint_fails("shim.setup.namespaces-made")
                     ? -1
                     : 0;
    namespaces_end(&m);
    return result;
}

int sandbox_setup(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    mode_t mask = umask(0);
    s->state = SANDBOX_BROKEN; // until all of it has worked
    s->pid = plan->pid;
    // First: on cgroup v1 a `tasks` write moves one thread, and later there are two.
    if (placement_enter(plan->shim_cgroups, plan->shim_cgroup_count, fds, f) < 0)
        return -1;
    if (failpoint_fails("shim.setup.placed"))
        return -1;
    if ((s->proc = mount_new("proc", NULL, LOCKED, f)) < 0 || (s->host_pid = namespace_open(s, 0, "pid", f)) < 0)
        return -1;
    if (special_remember_cgroup2(s->proc, f) < 0 || make_namespaces_and_root(s, plan, fds, f) < 0)
        return -1;
    if (replace_stdio(f) < 0)
        return -1;
    if (plan->pid == PID_POD && pod_init_start(s, plan, fds, f) < 0)
        return -1;
    umask(mask);
    s->state = SANDBOX_READY;
    return 0;
}

void sandbox_end(struct sandbox *s)
{
    if (s->init_pid <= 0)
        return;
    k_pidfd_send_signal(s->init_pidfd, SIGKILL);
    waitpid(s->init_pid, NULL, 0);
    s->init_pid = 0;
}

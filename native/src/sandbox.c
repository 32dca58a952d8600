#define _GNU_SOURCE
#include "sandbox.h"
#include "format.h"
#include "init.h"
#include "kernel.h"
#include "mounts.h"
#include "special.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKED (K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV | K_MOUNT_ATTR_NOEXEC)

void sandbox_initialize(struct sandbox *s)
{
    *s = (struct sandbox){.net = -1, .ipc = -1, .uts = -1, .mnt = -1, .host_pid = -1, .proc = -1, .init_pidfd = -1, .init_ns = -1};
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

static int open_ns(const struct sandbox *s, const char *name, struct fail *f)
{
    char path[40];
    text_format(path, sizeof path, "thread-self/ns/%s", name);
    int fd = openat(s->proc, path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : fail_set(f, "namespace", errno, "%s", path);
}

static int write_sysctl(const struct sandbox *s, const struct name_value *sysctl, struct fail *f)
{
    char path[256];
    int length = text_format(path, sizeof path, "sys/%s", sysctl->name);
    if (!strchr(sysctl->name, '/')) // names with slashes are paths already (interfaces with dots in their names)
        for (char *c = path; *c; c++)
            *c = *c == '.' ? '/' : *c;
    cleanup_fd int fd = length < (int)sizeof path ? k_openat2(s->proc, path, O_WRONLY | O_CLOEXEC, 0,
                                                        K_RESOLVE_BENEATH | K_RESOLVE_NO_SYMLINKS | K_RESOLVE_NO_XDEV)
                                                  : -1;
    if (fd < 0)
        return fail_set(f, "sysctl", errno, "%s", sysctl->name);
    size_t size = strlen(sysctl->value);
    if (write(fd, sysctl->value, size) != (ssize_t)size)
        return fail_set(f, "sysctl", errno, "%s = %.60s", sysctl->name, sysctl->value);
    return 0;
}

// The shim's thread steps into new namespaces, keeps descriptors of them, sets them up and steps back.
static int make_namespaces(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    cleanup_fd int host_net = open_ns(s, "net", f);
    cleanup_fd int host_ipc = open_ns(s, "ipc", f);
    cleanup_fd int host_uts = open_ns(s, "uts", f);
    if (host_net < 0 || host_ipc < 0 || host_uts < 0)
        return -1;
    int flags =
        (plan->net == NS_NEW ? CLONE_NEWNET : 0) | (plan->ipc == NS_NEW ? CLONE_NEWIPC : 0) | (plan->uts == NS_NEW ? CLONE_NEWUTS : 0);
    if (plan->net == NS_FD && (ioctl(fds[plan->net_fd], K_NS_GET_NSTYPE) != CLONE_NEWNET || setns(fds[plan->net_fd], CLONE_NEWNET) < 0))
        return fail_set(f, "namespace", errno ? errno : EINVAL, "--net: not a network namespace");
    if (flags && unshare(flags) < 0)
        return fail_set(f, "namespace", errno, "unshare 0x%x", (unsigned)flags);
    int result = 0;
    if ((s->net = open_ns(s, "net", f)) < 0 || (s->ipc = open_ns(s, "ipc", f)) < 0 || (s->uts = open_ns(s, "uts", f)) < 0)
        result = -1;
    if (result == 0 && plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
        result = fail_set(f, "hostname", errno, "%s", plan->hostname);
    if (result == 0 && plan->domainname && setdomainname(plan->domainname, strlen(plan->domainname)) < 0)
        result = fail_set(f, "domainname", errno, "%s", plan->domainname);
    for (size_t i = 0; result == 0 && i < plan->sysctl_count; i++)
        result = write_sysctl(s, &plan->sysctls[i], f);
    if (setns(host_net, CLONE_NEWNET) < 0 || setns(host_ipc, CLONE_NEWIPC) < 0 || setns(host_uts, CLONE_NEWUTS) < 0)
        return fail_set(f, "namespace", errno, "going back to the host's");
    s->net_shared = plan->net == NS_HOST;
    s->ipc_shared = plan->ipc == NS_HOST;
    s->uts_shared = plan->uts == NS_HOST;
    return result;
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
    cleanup_fd int volumes = openat(root, "volumes", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (volumes < 0)
        return fail_set(f, "pod-root", errno, "/volumes");
    for (size_t i = 0; i < plan->volume_count; i++)
    {
        const struct memory_volume *v = &plan->volumes[i];
        const char *options[] = {"mode", v->mode, strcmp(v->size, "0") == 0 ? NULL : "size", v->size, NULL};
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
// /pod, /layers, /volumes, /proc, /rootfs (where a container mounts its overlay), /empty and /null (covers of masked paths).
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
    if (take_directory(root, "pod", fds[plan->pod_dir], 0, f) < 0 ||
        take_directory(root, "layers", fds[plan->layers], K_MOUNT_ATTR_RDONLY, f) < 0 ||
        attach_new(root, "proc", "proc", NULL, LOCKED, f) < 0 ||
        attach_new(root, "empty", "tmpfs", empty_options, LOCKED | K_MOUNT_ATTR_RDONLY, f) < 0 ||
        attach_below(root, "volumes", -1, f) < 0 || attach_below(root, "rootfs", -1, f) < 0 || add_volumes(root, plan, f) < 0)
        return -1;
    if (mknodat(root, "null", S_IFCHR | 0666, makedev_null()) < 0)
        return fail_set(f, "pod-root", errno, "/null");
    if (mount_pivot(root, f) < 0)
        return -1;
    if (mount_attributes(root, K_MOUNT_ATTR_RDONLY, 0, false, "the pod's root", f) < 0)
        return -1;
    return (s->mnt = open_ns(s, "mnt", f)) < 0 ? -1 : 0;
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

int sandbox_setup(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f)
{
    mode_t mask = umask(0);
    s->state = SANDBOX_BROKEN; // until all of it has worked
    s->pid = plan->pid;
    // First: on cgroup v1 a `tasks` write moves one thread, and later there are two.
    if (placement_enter(plan->shim_cgroups, plan->shim_cgroup_count, fds, f) < 0)
        return -1;
    if ((s->proc = mount_new("proc", NULL, LOCKED, f)) < 0 || (s->host_pid = open_ns(s, "pid", f)) < 0)
        return -1;
    if (special_remember_cgroup2(s->proc, f) < 0 || make_namespaces(s, plan, fds, f) < 0 || make_pod_root(s, plan, fds, f) < 0)
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

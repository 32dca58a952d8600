// Builds a container's root: the overlay, then the plan's mounts in their order, devices, masks, read-only paths.
#define _GNU_SOURCE
#include "kernel.h"
#include "format.h"
#include "mounts.h"
#include "namespaces.h"
#include "paths.h"
#include "special.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int append(char *options, size_t size, size_t *length, const char *before, int fd, struct fail *f)
{
    int written = text_format(options + *length, size - *length, "%s/proc/self/fd/%d", before, fd);
    if (written < 0 || (size_t)written >= size - *length)
        return fail_set(f, "overlay", E2BIG, "more layers than one page of mount options holds");
    *length += (size_t)written;
    return 0;
}

static int open_pod_path(const char *path, struct fail *f)
{
    // /pod holds volumes that containers write into, so links are not followed there either.
    int fd = k_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0, weak("volume-links") ? 0 : K_RESOLVE_NO_SYMLINKS);
    return fd >= 0 ? fd : fail_set(f, "path", errno, "%s in the pod's mount namespace", path);
}

// Layers are named through descriptors: short, so that 127 of them fit in the one page that mount(2) takes, and free of
// the characters that mean something in overlay options.
static int mount_overlay(const struct container_plan *plan, struct fail *f)
{
    char options[4096];
    size_t length = 0;
    int fd;
    for (size_t i = 0; i < plan->lower_count; i++)
    {
        if ((fd = open_pod_path(plan->lowers[i], f)) < 0 || append(options, sizeof options, &length, i ? ":" : "lowerdir=", fd, f) < 0)
            return -1;
    }
    if ((fd = open_pod_path(plan->upper, f)) < 0 || append(options, sizeof options, &length, ",upperdir=", fd, f) < 0)
        return -1;
    if ((fd = open_pod_path(plan->work, f)) < 0 || append(options, sizeof options, &length, ",workdir=", fd, f) < 0)
        return -1;
    // A context is quoted: its categories are separated by commas.
    const char *label = plan->mount_label, *quote = label ? "\"" : "";
    if (text_format(options + length, sizeof options - length, "%s%s%s%s%s", plan->overlay_volatile ? ",volatile" : "",
            label ? ",context=" : "", quote, label ? label : "", quote) >= (int)(sizeof options - length))
        return fail_set(f, "overlay", E2BIG, "more layers than one page of mount options holds");
    if (mount("overlay", "/rootfs", "overlay", 0, options) < 0)
        return fail_set(f, "overlay", errno, "%zu layers, upper %s", plan->lower_count, plan->upper);
    // The layers' descriptors stay open until exec closes them, like everything else of the launch.
    int root = open("/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root >= 0 ? root : fail_set(f, "overlay", errno, "/rootfs");
}

// A bind target must not lie in a procfs or sysfs: what is written there later (by us or by the program's libraries) would land elsewhere.
static int refuse_pseudo_target(int target, const char *path, struct fail *f)
{
    struct statfs fs;
    if (fstatfs(target, &fs) < 0)
        return fail_set(f, "mount-target", errno, "%s", path);
    if (fs.f_type == K_PROC_SUPER_MAGIC && !weak("procfs"))
        return fail_set(f, "mount-target", EINVAL, "%s lies in procfs", path);
    return 0;
}

static uint64_t propagation_flag(enum propagation propagation)
{
    return propagation == PROPAGATION_SHARED ? MS_SHARED : propagation == PROPAGATION_SLAVE ? MS_SLAVE : MS_PRIVATE;
}

static int bind_source(const struct mount_plan *m, const int *fds, struct fail *f)
{
    if (m->kind == MOUNT_BIND_FD)
    {
        int copy = fcntl(fds[m->fd], F_DUPFD_CLOEXEC, 3);
        return copy >= 0 ? copy : fail_set(f, "bind-fd", errno, "%s", m->target);
    }
    cleanup_fd int source = open_pod_path(m->source, f);
    if (source < 0 || mount_relabel(source, m->source, f) < 0)
        return -1;
    int clone = k_open_tree(source, "", AT_EMPTY_PATH | K_OPEN_TREE_CLONE | K_AT_RECURSIVE | O_CLOEXEC);
    return clone >= 0 ? clone : fail_set(f, "open-tree", errno, "%s", m->source);
}

static int mount_bind(int root, const struct mount_plan *m, const struct sandbox *s, const int *fds, struct fail *f)
{
    cleanup_fd int source = bind_source(m, fds, f);
    if (source < 0)
        return -1;
    cleanup_fd int target = m->create_dir    ? path_make_dir(root, m->target, false, f)
                            : m->create_file ? path_make_file(root, m->target, f)
                                             : path_open(root, m->target, false, f);
    if (target < 0 || refuse_pseudo_target(target, m->target, f) < 0)
        return -1;
    // A device node of the machine's root would be its root's inside.
    if (m->idmap &&
        (mount_idmap(source, s->user, m->target, f) < 0 || mount_attributes(source, K_MOUNT_ATTR_NODEV, 0, false, m->target, f) < 0))
        return -1;
    if (mount_attributes(source, 0, propagation_flag(m->propagation), true, m->target, f) < 0)
        return -1;
    if (m->attributes && mount_attributes(source, m->attributes, 0, false, m->target, f) < 0)
        return -1;
    if (m->recursive_readonly && mount_attributes(source, K_MOUNT_ATTR_RDONLY, 0, true, m->target, f) < 0)
        return -1;
    return mount_attach(source, target, m->target, f);
}

static int mount_tmpfs(int root, const struct mount_plan *m, struct fail *f)
{
    const char *options[] = {"mode", m->mode, strcmp(m->size, "0") == 0 ? NULL : "size", m->size, NULL};
    cleanup_fd int mount = mount_new("tmpfs", options, m->attributes, f);
    if (mount < 0)
        return -1;
    cleanup_fd int target = path_make_dir(root, m->target, false, f);
    if (target < 0 || refuse_pseudo_target(target, m->target, f) < 0)
        return -1;
    return mount_attach(mount, target, m->target, f);
}

// A copy of a mount of the pod's mount namespace, on a directory that is nobody's link.
static int attach_copy(int root, const char *of, const char *target, struct fail *f)
{
    cleanup_fd int place = special_target(root, target, f);
    cleanup_fd int copy = place < 0 ? -1 : k_open_tree(AT_FDCWD, of, K_OPEN_TREE_CLONE | O_CLOEXEC);
    if (copy < 0)
        return place < 0 ? -1 : fail_set(f, "open-tree", errno, "%s", of);
    return mount_attach(copy, place, target, f);
}

static int mount_one(
    int root, const struct mount_plan *m, const struct container_plan *plan, const struct sandbox *s, const int *fds, struct fail *f)
{
    switch (m->kind)
    {
    case MOUNT_PROC:
        // The caller need not be in the pod's PID namespace, of whose processes this is to tell.
        return plan->pid == PID_POD && s && s->user < 0 ? attach_copy(root, POD_PROC, m->target, f) : special_mount(root, m, plan, f);
    case MOUNT_BIND:
    case MOUNT_BIND_FD:
        return mount_bind(root, m, s, fds, f);
    case MOUNT_TMPFS:
        return mount_tmpfs(root, m, f);
    case MOUNT_DEVICE:
        return special_device(root, m, f);
    default:
        return special_mount(root, m, plan, f);
    }
}

static int mask(int root, const char *path, struct fail *f)
{
    struct stat st;
    cleanup_fd int target = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS);
    if (target < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_set(f, "mask", errno, "%s", path);
    if (fstat(target, &st) < 0)
        return fail_set(f, "mask", errno, "%s", path);
    // Both sources live in the pod namespace's own root, which no container can write.
    bool directory = S_ISDIR(st.st_mode); // /empty is mounted read-only, and so is a copy of it
    cleanup_fd int cover = weak("null") && !directory
                               ? k_open_tree(root, "dev/null", K_OPEN_TREE_CLONE | O_CLOEXEC)
                               : k_open_tree(AT_FDCWD, directory ? "/empty" : "/null", K_OPEN_TREE_CLONE | O_CLOEXEC);
    if (cover < 0 || fstat(cover, &st) < 0)
        return fail_set(f, "mask", errno, "%s: its cover", path);
    if (!directory && !weak("null") && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev_null()))
        return fail_set(f, "mask", EINVAL, "the cover is not the null device");
    return mount_attach(cover, target, path, f);
}

static int make_readonly(int root, const char *path, struct fail *f)
{
    cleanup_fd int target = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS);
    if (target < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_set(f, "readonly", errno, "%s", path);
    cleanup_fd int clone = k_open_tree(target, "", AT_EMPTY_PATH | K_OPEN_TREE_CLONE | K_AT_RECURSIVE | O_CLOEXEC);
    if (clone < 0)
        return fail_set(f, "readonly", errno, "%s", path);
    if (mount_attributes(clone, K_MOUNT_ATTR_RDONLY, MS_PRIVATE, true, path, f) < 0)
        return -1;
    return mount_attach(clone, target, path, f);
}

// The file systems of a PID namespace that belongs to a user namespace can be mounted by the root of that alone; the
// terminals' comes with them, for its owners.
static bool is_inner(const struct mount_plan *m)
{
    return m->kind == MOUNT_PROC || m->kind == MOUNT_DEVPTS;
}

static bool lies_in_inner(const struct container_plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->mount_count; i++)
    {
        const char *target = plan->mounts[i].target;
        size_t length = strlen(target);
        if (is_inner(&plan->mounts[i]) && strncmp(path, target, length) == 0 && (path[length] == '/' || !path[length]))
            return true;
    }
    return false;
}

enum part
{
    PART_ALL,
    PART_OUTER,
    PART_INNER,
};

static bool skips(enum part part, bool inner)
{
    return part == (inner ? PART_OUTER : PART_INNER);
}

// Until they are mounted an empty directory is in their place: whatever else wants to be mounted there is refused, as it would be by
// a procfs, and the root may turn read-only.
static int hold_place(int root, const char *target, struct fail *f)
{
    return attach_copy(root, "/empty", target, f);
}

static int fill(int root, const struct container_plan *plan, enum part part, const struct sandbox *s, const int *fds, struct fail *f)
{
    for (size_t i = 0; i < plan->mount_count; i++)
    {
        const struct mount_plan *m = &plan->mounts[i];
        if (!skips(part, is_inner(m)))
        {
            if (mount_one(root, m, plan, s, fds, f) < 0)
                return -1;
        }
        else if (part == PART_OUTER && hold_place(root, m->target, f) < 0)
            return -1;
    }
    for (size_t i = 0; i < plan->mask_count; i++)
        if (!skips(part, lies_in_inner(plan, plan->masks[i])) && mask(root, plan->masks[i], f) < 0)
            return -1;
    for (size_t i = 0; i < plan->readonly_count; i++)
        if (!skips(part, lies_in_inner(plan, plan->readonlys[i])) && make_readonly(root, plan->readonlys[i], f) < 0)
            return -1;
    return 0;
}

int rootfs_build(const struct container_plan *plan, const struct sandbox *s, const int *fds, struct fail *f)
{
    mount_label(plan->mount_label);
    cleanup_fd int root = mount_overlay(plan, f);
    // The image's device nodes are idmapped like all its files.
    if (root < 0 ||
        (s->user >= 0 && (mount_attributes(root, K_MOUNT_ATTR_NODEV, 0, false, "/", f) < 0 || namespaces_own_files(s, f) < 0)) ||
        fill(root, plan, s->user < 0 ? PART_ALL : PART_OUTER, s, fds, f) < 0)
        return -1;
    // The working directory is made when an image names one it does not have, as other runtimes do; before the root turns read-only.
    if (strcmp(plan->process.cwd, "/") != 0 && (s->user < 0 || !lies_in_inner(plan, plan->process.cwd)))
    {
        int cwd = k_openat2(root, plan->process.cwd, O_PATH | O_CLOEXEC, 0, K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS);
        if (cwd < 0 && errno == ENOENT)
            cwd = path_make_dir(root, plan->process.cwd, false, f);
        else if (cwd < 0)
            return fail_set(f, "cwd", errno, "%s", plan->process.cwd);
        if (cwd < 0)
            return -1;
        close(cwd);
    }
    if (plan->rootfs_readonly && mount_attributes(root, K_MOUNT_ATTR_RDONLY, 0, false, "/", f) < 0)
        return -1;
    return take_fd(&root);
}

int rootfs_finish(const struct container_plan *plan, struct fail *f)
{
    // Every mount that came with this copy of the namespace is locked in its place with its flags, so that nothing in the
    // container takes a read-only volume or a mask away; but what is locked cannot become the root. A copy of it can.
    cleanup_fd int below = open("/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
    cleanup_fd int root = below < 0 ? -1 : k_open_tree(below, "", AT_EMPTY_PATH | K_OPEN_TREE_CLONE | K_AT_RECURSIVE | O_CLOEXEC);
    if (root < 0)
        return fail_set(f, "open-tree", errno, "/rootfs");
    if (mount_attach(root, below, "/rootfs", f) < 0 || fill(root, plan, PART_INNER, NULL, NULL, f) < 0)
        return -1;
    return take_fd(&root);
}

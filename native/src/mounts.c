#define _GNU_SOURCE
#include "mounts.h"
#include "format.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *label; // of a process that makes one container's mounts, and no other's

void mount_label(const char *context)
{
    label = context;
}

int mount_relabel(int fd, const char *what, struct fail *f)
{
    char path[32];
    text_format(path, sizeof path, "/proc/self/fd/%d", fd);
    if (label && setxattr(path, "security.selinux", label, strlen(label) + 1, 0) < 0 && errno != ENOTSUP)
        return fail_set(f, "label", errno, "%s", what);
    return 0;
}

int mount_new(const char *type, const char *const *options, unsigned attributes, struct fail *f)
{
    cleanup_fd int fs = k_fsopen(type);
    if (fs < 0)
        return fail_set(f, "fsopen", errno, "%s", type);
    // What mount tables show as the source; "none" irritates some programs.
    if (k_fsconfig(fs, K_FSCONFIG_SET_STRING, "source", type) < 0)
        return fail_set(f, "fsconfig", errno, "%s source", type);
    for (; options && *options; options += 2)
        if (k_fsconfig(fs, options[1] ? K_FSCONFIG_SET_STRING : K_FSCONFIG_SET_FLAG, options[0], options[1]) < 0)
            return fail_set(f, "fsconfig", errno, "%s %s", type, options[0]);
    if (label && (strcmp(type, "tmpfs") == 0 || strcmp(type, "devpts") == 0) && k_fsconfig(fs, K_FSCONFIG_SET_STRING, "context", label) < 0)
        return fail_set(f, "fsconfig", errno, "%s context", type);
    if (k_fsconfig(fs, K_FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
        return fail_set(f, "fsconfig", errno, "%s", type);
    int mount = k_fsmount(fs, attributes);
    return mount >= 0 ? mount : fail_set(f, "fsmount", errno, "%s", type);
}

int mount_attach(int mount, int target, const char *what, struct fail *f)
{
    return k_move_mount(mount, target) < 0 ? fail_set(f, "move-mount", errno, "%s", what) : 0;
}

int mount_attributes(int mount, unsigned attributes, uint64_t propagation, bool recursive, const char *what, struct fail *f)
{
    struct k_mount_attr attr = {.attr_set = attributes, .propagation = propagation};
    if (k_mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? K_AT_RECURSIVE : 0), &attr) < 0)
        return fail_set(f, "mount-setattr", errno, "%s", what);
    return 0;
}

int mount_idmap(int mount, int user, const char *what, struct fail *f)
{
    struct k_mount_attr attr = {.attr_set = K_MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user};
    return k_mount_setattr(mount, "", AT_EMPTY_PATH, &attr) < 0 ? fail_set(f, "idmap", errno, "%s", what) : 0;
}

int mount_pivot(int root, struct fail *f)
{
    // pivot_root(".", ".") stacks the old root on the new one; detaching "." then removes the old one (pivot_root(2)).
    if (fchdir(root) < 0)
        return fail_set(f, "pivot", errno, "fchdir");
    if (k_pivot_root(".", ".") < 0)
        return fail_set(f, "pivot", errno, "pivot_root");
    if (umount2(".", MNT_DETACH) < 0)
        return fail_set(f, "pivot", errno, "umount the old root");
    if (chdir("/") < 0)
        return fail_set(f, "pivot", errno, "chdir");
    return 0;
}

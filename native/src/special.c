#define _GNU_SOURCE
#include "special.h"
#include "kernel.h"
#include "mounts.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOCKED (K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NODEV | K_MOUNT_ATTR_NOEXEC)

dev_t makedev_null(void)
{
    return makedev(1, 3);
}

static int make_node(int dir, const char *name, mode_t type, dev_t device, mode_t mode, uid_t uid, gid_t gid, struct fail *f)
{
    struct stat st;
    bool existed = false;
    if (mknodat(dir, name, type | mode, device) < 0)
    {
        if (errno != EEXIST)
            return fail_set(f, "mknod", errno, "%s", name);
        existed = true;
    }
    cleanup_fd int node = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (node < 0 || fstat(node, &st) < 0)
        return fail_set(f, "mknod", errno, "%s", name);
    if ((st.st_mode & S_IFMT) != type || st.st_rdev != device)
        return fail_set(f, "mknod", EEXIST, "%s is something else already", name);
    // On the descriptor, since the name may have changed hands; mknodat has set the mode of a new node already (umask 0).
    if (fchownat(node, "", uid, gid, AT_EMPTY_PATH) < 0)
        return fail_set(f, "mknod", errno, "%s: owner", name);
    if (existed && (st.st_mode & 0777) != mode)
    {
        // fchmodat2 is too new and O_PATH descriptors refuse fchmod: replace the node instead.
        if (unlinkat(dir, name, 0) < 0 || mknodat(dir, name, type | mode, device) < 0 ||
            fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
            return fail_set(f, "mknod", errno, "%s: mode", name);
    }
    return 0;
}

int special_device(int root, const struct mount_plan *m, struct fail *f)
{
    const char *name;
    cleanup_fd int parent = path_parent(root, m->target, &name, f);
    if (parent < 0)
        return -1;
    return make_node(
        parent, name, m->device_type == 'c' ? S_IFCHR : S_IFBLK, makedev(m->major, m->minor), m->device_mode, m->uid, m->gid, f);
}

static int fill_dev(int dev, struct fail *f)
{
    static const struct
    {
        const char *name;
        uint8_t major, minor;
    } nodes[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"},
        {"/proc/self/fd/0", "stdin"},
        {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"},
        {"pts/ptmx", "ptmx"},
    };
    static const char *const dirs[] = {"shm", "pts", "mqueue"};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        if (mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
            return fail_set(f, "mknod", errno, "/dev/%s", nodes[i].name);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlinkat(links[i][0], dev, links[i][1]) < 0)
            return fail_set(f, "dev", errno, "/dev/%s", links[i][1]);
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (mkdirat(dev, dirs[i], 0755) < 0)
            return fail_set(f, "dev", errno, "/dev/%s", dirs[i]);
    return 0;
}

int special_target(int root, const char *target, struct fail *f)
{
    int dir = path_make_dir(root, target, true, f);
    if (dir < 0)
        memcpy(f->step, "mount-target", sizeof "mount-target");
    return dir;
}

static int attach_special(int root, int mount, const char *target, struct fail *f)
{
    cleanup_fd int dir = special_target(root, target, f);
    return dir < 0 ? -1 : mount_attach(mount, dir, target, f);
}

static int mount_special(int root, const char *type, const char *const *options, unsigned attributes, const char *target, struct fail *f)
{
    cleanup_fd int mount = mount_new(type, options, attributes, f);
    return mount < 0 ? -1 : attach_special(root, mount, target, f);
}

// A mount of cgroup2 from the initial cgroup namespace sets the hierarchy's options for the whole machine (nsdelegate,
// memory_recursiveprot, …): it must repeat those it finds.
#define CGROUP2_MAX_OPTIONS 8
static char cgroup2_options[CGROUP2_MAX_OPTIONS][32];
static int cgroup2_option_count;

static void remember_options(char *options)
{
    char *rest = options;
    for (char *option; (option = strsep(&rest, ",")) && cgroup2_option_count < CGROUP2_MAX_OPTIONS;)
        if (strcmp(option, "rw") != 0 && strcmp(option, "ro") != 0 && *option && strlen(option) < sizeof *cgroup2_options)
            strcpy(cgroup2_options[cgroup2_option_count++], option);
}

static void remember_line(char *line)
{
    // … - cgroup2 SOURCE OPTIONS
    const char *type = find_text(line, " - cgroup2 ");
    char *options = type ? strchr(type + strlen(" - cgroup2 "), ' ') : NULL;
    if (options && cgroup2_option_count == 0)
        remember_options(options + 1);
}

int special_remember_cgroup2(int proc, struct fail *f)
{
    char buffer[8192];
    size_t length = 0;
    cleanup_fd int fd = openat(proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
    for (ssize_t got = 1; got > 0;)
    {
        got = fd < 0 ? -1 : read(fd, buffer + length, sizeof buffer - 1 - length);
        if (got < 0)
            return fail_set(f, "cgroupfs", errno, "reading the host's mounts");
        length += (size_t)got;
        buffer[length] = '\0';
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')); line = end + 1)
        {
            *end = '\0';
            remember_line(line);
        }
        // What is too long for the buffer is some overlay's options: nothing to find in there.
        length -= (size_t)(line - buffer);
        length = length == sizeof buffer - 1 ? 0 : length;
        memmove(buffer, line, length);
    }
    return 0;
}

static ssize_t read_own_cgroups(char *buffer, size_t size, struct fail *f)
{
    // The pod mount namespace's own /proc; the container's may not be there, and is not to be trusted.
    cleanup_fd int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && length < size - 1)
    {
        got = read(fd, buffer + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        return fail_set(f, "cgroupfs", errno, "/proc/self/cgroup");
    buffer[length] = '\0';
    return (ssize_t)length;
}

// What is covered anyhow need not be mounted: of a dozen hierarchies few limit anything.
static bool is_masked(const struct container_plan *plan, const char *below, const char *name)
{
    size_t length = strlen(below);
    for (size_t i = 0; i < plan->mask_count; i++)
        if (strncmp(plan->masks[i], below, length) == 0 && plan->masks[i][length] == '/' && strcmp(plan->masks[i] + length + 1, name) == 0)
            return true;
    return false;
}

// The words by which a hierarchy of cgroup v1 is mounted, from "cpu,cpuacct" or "name=systemd".
static void hierarchy_options(char *controllers, bool named, const char *options[16])
{
    size_t count = 0;
    if (named)
    {
        options[count++] = "none";
        options[count++] = NULL;
        *strchr(controllers, '=') = '\0';
        options[count++] = controllers;
        options[count++] = controllers + sizeof "name";
    }
    for (char *c = controllers; !named && c && count < 14; count += 2)
    {
        options[count] = strsep(&c, ",");
        options[count + 1] = NULL;
    }
    options[count] = NULL;
}

// Pure v2: one mount. v1 and hybrid: a tmpfs with a directory for each hierarchy, as hosts lay it out (cgroups(7)).
static int mount_cgroups(int root, const struct mount_plan *m, const struct container_plan *plan, struct fail *f)
{
    char lines[4096];
    unsigned attributes = LOCKED | m->attributes;
    const char *cgroup2[2 * CGROUP2_MAX_OPTIONS + 1] = {0};
    for (int i = 0; !plan->new_cgroupns && i < cgroup2_option_count; i++)
        cgroup2[2 * i] = cgroup2_options[i];
    if (read_own_cgroups(lines, sizeof lines, f) < 0)
        return -1;
    if (strncmp(lines, "0::", 3) == 0)
        return mount_special(root, "cgroup2", cgroup2, attributes, m->target, f);
    // The machine's like every group: not for root of a user namespace to add to.
    cleanup_fd int top = mount_new("tmpfs", (const char *const[]){"mode", "755", "size", "64k", "uid", "0", "gid", "0", NULL}, LOCKED, f);
    if (top < 0 || attach_special(root, top, m->target, f) < 0)
        return -1;
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;)
    {
        strsep(&line, ":");
        char *controllers = line ? strsep(&line, ":") : NULL;
        if (!line)
            return fail_set(f, "cgroupfs", EINVAL, "/proc/self/cgroup");
        bool unified = !*controllers, named = strncmp(controllers, "name=", 5) == 0;
        const char *v1[16], *name = unified ? "unified" : controllers + (named ? 5 : 0);
        // Below a mount of our own that nobody else has reached yet: there are no links to follow.
        cleanup_fd int place = mkdirat(top, name, 0755) < 0 ? -1 : openat(top, name, O_PATH | O_CLOEXEC);
        if (place < 0)
            return fail_set(f, "cgroupfs", errno, "%s", name);
        if (is_masked(plan, m->target, name))
            continue;
        hierarchy_options(controllers, named, v1);
        cleanup_fd int mount = mount_new(unified ? "cgroup2" : "cgroup", unified ? cgroup2 : v1, attributes, f);
        if (mount < 0 || mount_attach(mount, place, name, f) < 0)
            return -1;
    }
    // Its directories are made: now nothing can be added beside them.
    return m->attributes & K_MOUNT_ATTR_RDONLY ? mount_attributes(top, K_MOUNT_ATTR_RDONLY, 0, false, m->target, f) : 0;
}

int special_mount(int root, const struct mount_plan *m, const struct container_plan *plan, struct fail *f)
{
    static const char *const dev_options[] = {"mode", "755", "size", "64m", NULL};
    static const char *const pts_options[] = {"newinstance", NULL, "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
    switch (m->kind)
    {
    case MOUNT_PROC:
        return mount_special(root, "proc", NULL, LOCKED, m->target, f);
    case MOUNT_SYSFS:
        return mount_special(root, "sysfs", NULL, LOCKED | m->attributes, m->target, f);
    case MOUNT_MQUEUE:
        return mount_special(root, "mqueue", NULL, LOCKED, m->target, f);
    case MOUNT_DEVPTS:
        return mount_special(root, "devpts", pts_options, K_MOUNT_ATTR_NOSUID | K_MOUNT_ATTR_NOEXEC, m->target, f);
    case MOUNT_CGROUPFS:
        return mount_cgroups(root, m, plan, f);
    default:
    {
        cleanup_fd int dev = mount_new("tmpfs", dev_options, K_MOUNT_ATTR_NOSUID, f);
        if (dev < 0 || fill_dev(dev, f) < 0)
            return -1;
        return attach_special(root, dev, m->target, f);
    }
    }
}

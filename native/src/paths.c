#define _GNU_SOURCE
#include "paths.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t resolve(bool strict)
{
    return K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS | (strict ? K_RESOLVE_NO_SYMLINKS : 0);
}

int path_open(int root, const char *path, bool strict, struct fail *f)
{
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, resolve(strict));
    return fd >= 0 ? fd : fail_set(f, "path", errno, "%s", path);
}

static int make_dir(int root, char *path, bool strict, struct fail *f)
{
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC | O_DIRECTORY, 0, resolve(strict));
    if (fd >= 0)
        return fd;
    if (errno != ENOENT)
        return fail_set(f, "path", errno, "%s", path);
    char *slash = strrchr(path, '/');
    if (!slash || !slash[1])
        return fail_set(f, "path", ENOENT, "%s", path);
    *slash = '\0';
    cleanup_fd int parent = make_dir(root, slash == path ? (char[]){"/"} : path, strict, f);
    *slash = '/';
    if (parent < 0)
        return -1;
    if (mkdirat(parent, slash + 1, 0755) < 0 && errno != EEXIST)
        return fail_set(f, "make-dir", errno, "%s", path);
    // What stands there now is a directory or the lookup fails: a link put there meanwhile is not followed.
    fd = k_openat2(parent, slash + 1, O_PATH | O_CLOEXEC | O_DIRECTORY, 0, K_RESOLVE_BENEATH | K_RESOLVE_NO_SYMLINKS);
    return fd >= 0 ? fd : fail_set(f, "make-dir", errno, "%s", path);
}

static int copy_path(char copy[PATH_MAX], const char *path, struct fail *f)
{
    size_t length = strlen(path);
    if (length >= PATH_MAX)
        return fail_set(f, "path", ENAMETOOLONG, "%.100s", path);
    memcpy(copy, path, length + 1);
    while (length > 1 && copy[length - 1] == '/')
        copy[--length] = '\0';
    return 0;
}

int path_make_dir(int root, const char *path, bool strict, struct fail *f)
{
    char copy[PATH_MAX];
    return copy_path(copy, path, f) < 0 ? -1 : make_dir(root, copy, strict, f);
}

int path_parent(int root, const char *path, const char **name, struct fail *f)
{
    char copy[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || !slash[1])
        return fail_set(f, "path", EINVAL, "%s", path);
    *name = slash + 1;
    if (slash == path)
        return path_make_dir(root, "/", false, f);
    if (copy_path(copy, path, f) < 0)
        return -1;
    copy[slash - path] = '\0';
    return make_dir(root, copy, false, f);
}

int path_make_file(int root, const char *path, struct fail *f)
{
    const char *name;
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, resolve(false));
    if (fd >= 0)
        return fd;
    if (errno != ENOENT)
        return fail_set(f, "path", errno, "%s", path);
    cleanup_fd int parent = path_parent(root, path, &name, f);
    if (parent < 0)
        return -1;
    cleanup_fd int made = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made < 0 && errno != EEXIST)
        return fail_set(f, "make-file", errno, "%s", path);
    // Not O_NOFOLLOW: with O_PATH it would give the link itself, which can be mounted on.
    fd = k_openat2(parent, name, O_PATH | O_CLOEXEC, 0, K_RESOLVE_BENEATH | K_RESOLVE_NO_SYMLINKS);
    return fd >= 0 ? fd : fail_set(f, "make-file", errno, "%s", path);
}

#define _GNU_SOURCE
#include "paths.h"
#include "format.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Dangling links in a row. An image that needs more is after something else.
#define MAX_LINKS 8

static uint64_t resolve(bool strict)
{
    return (weak("root") ? 0 : K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS) | (strict && !weak("links") ? K_RESOLVE_NO_SYMLINKS : 0);
}

int path_open(int root, const char *path, bool strict, struct fail *f)
{
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, resolve(strict));
    return fd >= 0 ? fd : fail_set(f, "path", errno, "%s", path);
}

// A path that is missing because a link in it dangles goes on where the link points to, inside the root, as the kernel would
// resolve it: /var/run → /run in an image without /run. Puts that path into `next`; false if `name` is no such link.
static bool next_path(int parent, const char *parent_path, const char *name, char next[PATH_MAX])
{
    char link[PATH_MAX];
    ssize_t length = readlinkat(parent, name, link, sizeof link - 1);
    if (length <= 0)
        return false;
    link[length] = '\0';
    int total = text_format(next, PATH_MAX, "%s%s%s", link[0] == '/' ? "" : parent_path, link[0] == '/' ? "" : "/", link);
    return total < PATH_MAX;
}

static int make_dir(int root, char *path, bool strict, int links, struct fail *f);

// Opens the directory above `path`, whose last component starts at *name. `path` is restored.
static int make_parent(int root, char *path, char **name, bool strict, int links, struct fail *f)
{
    char *slash = strrchr(path, '/');
    if (!slash || !slash[1])
        return fail_set(f, "path", ENOENT, "%s", path);
    *name = slash + 1;
    if (slash == path)
        return make_dir(root, (char[]){"/"}, strict, links, f);
    *slash = '\0';
    int parent = make_dir(root, path, strict, links, f);
    *slash = '/';
    return parent;
}

// What was made, or was there, is opened from its parent. A link put there meanwhile is refused: without O_NOFOLLOW, which
// with O_PATH would give the link itself, and that can be mounted on.
static int open_made(int parent, const char *name, uint64_t flags, const char *path, struct fail *f)
{
    int fd = k_openat2(parent, name, O_PATH | O_CLOEXEC | flags, 0, K_RESOLVE_BENEATH | K_RESOLVE_NO_SYMLINKS);
    return fd >= 0 ? fd : fail_set(f, "path", errno, "%s", path);
}

// Something stands at `name` already and is not what was looked for. On its own for its buffer: the callers recurse deeply.
__attribute__((noinline)) static int make_dangling(int root, int parent, char *path, char *name,
    int (*make)(int root, char *path, bool strict, int links, struct fail *f), bool strict, int links, struct fail *f)
{
    char next[PATH_MAX];
    name[-1] = '\0';
    bool dangling = !strict && links < MAX_LINKS && next_path(parent, path, name, next);
    name[-1] = '/';
    return dangling ? make(root, next, strict, links + 1, f) : open_made(parent, name, 0, path, f);
}

static int make_dir(int root, char *path, bool strict, int links, struct fail *f)
{
    char *name;
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC | O_DIRECTORY, 0, resolve(strict));
    if (fd >= 0)
        return fd;
    if (errno != ENOENT)
        return fail_set(f, "path", errno, "%s", path);
    cleanup_fd int parent = make_parent(root, path, &name, strict, links, f);
    if (parent < 0)
        return -1;
    if (mkdirat(parent, name, 0755) == 0)
        return open_made(parent, name, O_DIRECTORY, path, f);
    if (errno != EEXIST)
        return fail_set(f, "make-dir", errno, "%s", path);
    return make_dangling(root, parent, path, name, make_dir, strict, links, f);
}

static int make_file(int root, char *path, bool strict, int links, struct fail *f)
{
    char *name;
    int fd = k_openat2(root, path, O_PATH | O_CLOEXEC, 0, resolve(false));
    if (fd >= 0)
        return fd;
    if (errno != ENOENT)
        return fail_set(f, "path", errno, "%s", path);
    cleanup_fd int parent = make_parent(root, path, &name, strict, links, f);
    if (parent < 0)
        return -1;
    cleanup_fd int made = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made >= 0)
        return open_made(parent, name, 0, path, f);
    if (errno != EEXIST)
        return fail_set(f, "make-file", errno, "%s", path);
    return make_dangling(root, parent, path, name, make_file, false, links, f);
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
    return copy_path(copy, path, f) < 0 ? -1 : make_dir(root, copy, strict, 0, f);
}

int path_make_file(int root, const char *path, struct fail *f)
{
    char copy[PATH_MAX];
    return copy_path(copy, path, f) < 0 ? -1 : make_file(root, copy, false, 0, f);
}

int path_parent(int root, const char *path, const char **name, struct fail *f)
{
    char copy[PATH_MAX], *last;
    if (copy_path(copy, path, f) < 0)
        return -1;
    int parent = make_parent(root, copy, &last, false, 0, f);
    *name = parent < 0 ? NULL : path + (last - copy);
    return parent;
}

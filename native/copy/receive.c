#define _GNU_SOURCE
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE (O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define ENTER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static struct receiver
{
    int in;
    int depth;
    int directories[COPY_MAX_DEPTH + 1]; // -1: could not be made, and what is in it is passed over
    size_t lengths[COPY_MAX_DEPTH + 1];  // of the path at each depth
    bool partly, contained;
    char path[PATH_MAX]; // for messages; cut where it is too long
    char buffer[65536];
} r;

static void complain(const char *what, int err)
{
    copy_say(what, r.path, err);
    r.partly = true;
}

// Whether a link or file was in the way and is not any more.
static bool make_room(int directory, const char *name)
{
    struct stat st;
    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) && unlinkat(directory, name, 0) == 0;
}

// -1 with errno. A file that is there keeps its place (it may be mounted), a link does not: it could lead anywhere.
static int open_file(int directory, const char *name, unsigned mode, bool follow)
{
    struct stat st;
    int fd = openat(directory, name, WRITE | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EEXIST && !follow && make_room(directory, name))
        fd = openat(directory, name, WRITE | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    fd = openat(directory, name, WRITE | (follow ? O_CREAT : O_NOFOLLOW), mode);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
        return fd;
    int saved = S_ISREG(st.st_mode) ? errno : EINVAL;
    close(fd);
    errno = saved;
    return -1;
}

// False when the stream ended. Bytes of a file that cannot be written are read all the same.
static bool receive_file(int directory, const struct copy_header *h, const char *name, bool follow)
{
    int fd = directory < 0 ? -1 : open_file(directory, name, h->mode, follow);
    if (directory >= 0 && fd < 0)
        complain("", errno);
    for (uint64_t left = h->size; left;)
    {
        size_t want = left < sizeof r.buffer ? (size_t)left : sizeof r.buffer;
        if (!copy_read(r.in, r.buffer, want))
        {
            if (fd >= 0)
                close(fd);
            return false;
        }
        if (fd >= 0 && !copy_write(fd, r.buffer, want))
        {
            complain("is not whole: ", errno);
            close(fd);
            fd = -1;
        }
        left -= want;
    }
    if (fd >= 0 && close(fd) < 0)
        complain("is not whole: ", errno);
    return true;
}

// Relative, and upwards only at its beginning and not out of the tree: then, whatever links are on its way, each of them such a
// one, it stays inside.
static bool is_contained(const char *target, int depth)
{
    for (bool down = false; *target; target += strspn(target, "/"))
    {
        size_t length = strcspn(target, "/");
        bool up = length == 2 && target[0] == '.' && target[1] == '.';
        if (length == 0 || (up && (down || depth-- == 0)))
            return false;
        down = down || (!up && !(length == 1 && target[0] == '.'));
        target += length;
    }
    return true;
}

static bool receive_link(int directory, const struct copy_header *h)
{
    char target[COPY_MAX_LINK + 1];
    if (!copy_read(r.in, target, (size_t)h->size))
        return false;
    target[h->size] = '\0';
    if (memchr(target, '\0', (size_t)h->size))
        return false;
    if (directory < 0)
        return true;
    if (r.contained && !weak("copy-contained") && !is_contained(target, r.depth - 1))
        copy_say("is a link that leads out of what is copied, and is left out: ", r.path, 0);
    else if (symlinkat(target, directory, h->name) < 0 &&
             !(errno == EEXIST && make_room(directory, h->name) && symlinkat(target, directory, h->name) == 0))
        complain("", errno);
    return true;
}

// The descriptor, or -1, which was said.
static int make_directory(int parent, const char *name, unsigned mode, bool follow)
{
    if (parent < 0)
        return -1;
    if (mkdirat(parent, name, (mode & 0777) | 0700) < 0 && errno != EEXIST)
    {
        complain("", errno);
        return -1;
    }
    int fd = openat(parent, name, ENTER | (follow || weak("copy-links") ? 0 : O_NOFOLLOW));
    if (fd < 0)
        complain("", errno);
    return fd;
}

static void go_in(int fd)
{
    r.directories[r.depth] = fd;
    r.lengths[r.depth] = strlen(r.path);
    r.depth++;
}

static void go_out(void)
{
    r.depth--;
    if (r.directories[r.depth] >= 0)
        close(r.directories[r.depth]);
}

static void name_path(const char *name)
{
    size_t length = r.lengths[r.depth - 1];
    r.path[length] = '\0';
    if (length + 1 + strlen(name) < sizeof r.path)
    {
        r.path[length] = '/';
        strcpy(r.path + length + 1, name);
    }
}

// What is below the directory that is open, up to its end.
static bool receive_below(void)
{
    struct copy_header h;
    while (r.depth > 0)
    {
        if (!copy_get(r.in, &h))
            return false;
        int directory = r.directories[r.depth - 1];
        if (h.kind == COPY_UP)
        {
            go_out();
            continue;
        }
        if (!h.name[0])
            return false;
        name_path(h.name);
        if (h.kind == COPY_FILE && !receive_file(directory, &h, h.name, false))
            return false;
        if (h.kind == COPY_LINK && !receive_link(directory, &h))
            return false;
        if (h.kind == COPY_DIRECTORY)
        {
            if (r.depth == COPY_MAX_DEPTH)
                return false;
            go_in(make_directory(directory, h.name, h.mode, false));
        }
    }
    return true;
}

static bool receive_as(int parent, const char *leaf)
{
    struct copy_header h;
    if (!copy_get(r.in, &h))
        return false;
    if (h.kind == COPY_END)
        return true; // what was to be sent could not be read
    if (h.name[0] || (h.kind != COPY_FILE && h.kind != COPY_DIRECTORY))
        return false;
    if (h.kind == COPY_FILE ? !receive_file(parent, &h, leaf, true) : (go_in(make_directory(parent, leaf, h.mode, true)), !receive_below()))
        return false;
    return copy_get(r.in, &h) && h.kind == COPY_END;
}

// The directory in which PATH is to be made, and its name there; NULL when there is none, which was said.
static const char *find_place(char *path, const char *name, int *parent)
{
    struct stat st;
    bool is_directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    size_t length = strlen(path);
    const char *leaf = ".", *place = path;
    if (is_directory && name[0])
        leaf = name;
    else if (!is_directory)
    {
        if (length == 0 || path[length - 1] == '/')
        {
            complain("", length == 0 ? ENOENT : ENOTDIR);
            return NULL;
        }
        char *slash = strrchr(path, '/');
        leaf = slash ? slash + 1 : path;
        place = !slash ? "." : slash == path ? "/" : path;
        if (slash && slash != path)
            *slash = '\0';
    }
    *parent = open(place, ENTER);
    if (*parent < 0)
        complain("", errno);
    return *parent < 0 ? NULL : leaf;
}

int copy_receive(const char *path, const char *name, bool contained, int in)
{
    char place[PATH_MAX], magic[COPY_MAGIC_LENGTH];
    int parent = -1;
    size_t length = strnlen(path, sizeof place);
    r.in = in;
    r.depth = 0;
    r.partly = false;
    r.contained = contained;
    if (length == sizeof place || strlen(name) > COPY_MAX_NAME || strchr(name, '/'))
        return copy_say("", path, ENAMETOOLONG), COPY_BROKEN;
    memcpy(place, path, length + 1);
    memcpy(r.path, path, length + 1);
    const char *leaf = find_place(place, name, &parent);
    if (!leaf)
        return COPY_PARTLY;
    if (leaf == name)
    {
        r.lengths[0] = length;
        r.depth = 1;
        name_path(name);
        r.depth = 0;
    }
    bool whole = copy_read(in, magic, sizeof magic) && memcmp(magic, COPY_MAGIC, sizeof magic) == 0 && receive_as(parent, leaf);
    while (r.depth > 0)
        go_out();
    close(parent);
    if (!whole)
        return copy_say("the stream ended early or is no tree of files", "", 0), COPY_BROKEN;
    return r.partly ? COPY_PARTLY : COPY_DONE;
}

#define _GNU_SOURCE
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static struct sender
{
    int out;
    int depth;
    bool partly;
    char path[PATH_MAX]; // for messages; cut where it is too long
    char buffer[65536];
} s;

static void complain(const char *what, int err)
{
    copy_say(what, s.path, err);
    s.partly = true;
}

// False when nobody reads any more.
static bool send_bytes(int fd, uint64_t left)
{
    bool is_short = false;
    while (left)
    {
        size_t want = left < sizeof s.buffer ? (size_t)left : sizeof s.buffer;
        ssize_t got = is_short ? 0 : read(fd, s.buffer, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
        {
            // So many were promised.
            if (!is_short)
                complain("became shorter while it was read, and is filled with zeros: ", got < 0 ? errno : 0);
            is_short = true;
            memset(s.buffer, 0, want);
            got = (ssize_t)want;
        }
        if (!copy_write(s.out, s.buffer, (size_t)got))
            return false;
        left -= (uint64_t)got;
    }
    return true;
}

static bool send_link(int directory, const char *name)
{
    char target[COPY_MAX_LINK + 1];
    ssize_t length = readlinkat(directory, name, target, sizeof target);
    if (length <= 0 || length > COPY_MAX_LINK)
    {
        complain("the link cannot be read: ", length < 0 ? errno : ENAMETOOLONG);
        return true;
    }
    return copy_put(s.out, COPY_LINK, 0777, (uint64_t)length, name) && copy_write(s.out, target, (size_t)length);
}

// What the kernel makes up has no end and no sizes.
static bool is_of_the_kernel(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return false;
    switch ((unsigned long)fs.f_type)
    {
    case 0x9fa0:     // proc
    case 0x62656572: // sysfs
    case 0x27e0eb:   // cgroup
    case 0x63677270: // cgroup2
        return true;
    default:
        return false;
    }
}

static bool send_open(int fd, const char *name);

static bool send_entry(int directory, const char *name)
{
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
        complain("", errno);
        return true;
    }
    if (S_ISLNK(st.st_mode))
        return send_link(directory, name);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
    {
        complain("is neither file, directory nor link, and left out: ", 0);
        return true;
    }
    int fd = openat(directory, name, READ | O_NOFOLLOW);
    if (fd < 0)
    {
        complain("", errno);
        return true;
    }
    return send_open(fd, name);
}

static bool send_directory(int fd, unsigned mode, const char *name)
{
    size_t length = strlen(s.path);
    if (s.depth == COPY_MAX_DEPTH || is_of_the_kernel(fd))
    {
        complain(s.depth == COPY_MAX_DEPTH ? "is too deep, and left out: " : "is the kernel's, and left out: ", 0);
        close(fd);
        return true;
    }
    DIR *directory = fdopendir(fd);
    if (!directory)
    {
        complain("", errno);
        close(fd);
        return true;
    }
    bool read = copy_put(s.out, COPY_DIRECTORY, mode, 0, name);
    s.depth++;
    while (read)
    {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (!entry)
        {
            if (errno)
                complain("", errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (length + 1 + strlen(entry->d_name) < sizeof s.path)
        {
            s.path[length] = '/';
            strcpy(s.path + length + 1, entry->d_name);
        }
        read = send_entry(fd, entry->d_name);
        s.path[length] = '\0';
    }
    s.depth--;
    closedir(directory);
    return read && copy_put(s.out, COPY_UP, 0, 0, "");
}

// Takes the descriptor.
static bool send_open(int fd, const char *name)
{
    struct stat st;
    bool read = true;
    if (fstat(fd, &st) < 0)
        complain("", errno);
    else if (S_ISDIR(st.st_mode))
        return send_directory(fd, st.st_mode & 0777, name);
    else if (!S_ISREG(st.st_mode))
        complain("is neither file, directory nor link, and left out: ", 0);
    else
        read = copy_put(s.out, COPY_FILE, st.st_mode & 0777, (uint64_t)st.st_size, name) && send_bytes(fd, (uint64_t)st.st_size);
    close(fd);
    return read;
}

int copy_send(const char *path, int out)
{
    size_t length = strnlen(path, sizeof s.path - 1);
    s.out = out;
    s.depth = 0;
    s.partly = false;
    memcpy(s.path, path, length);
    s.path[length] = '\0';
    if (!copy_write(out, COPY_MAGIC, COPY_MAGIC_LENGTH))
        return COPY_BROKEN;
    int fd = open(path, READ);
    if (fd < 0)
        complain("", errno);
    else if (!send_open(fd, ""))
        return COPY_BROKEN;
    if (!copy_put(out, COPY_END, 0, 0, ""))
        return COPY_BROKEN;
    return s.partly ? COPY_PARTLY : COPY_DONE;
}

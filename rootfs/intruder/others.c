// What an intruder does about others: their sockets, their processes, their programs, and the moment between a check and a use.
#define _GNU_SOURCE
#include "intruder.h"
#include "attempt.h"

#include <ctype.h>
#include <stdbool.h>
#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(int type, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof address.sun_path)
        return ENAMETOOLONG;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] != '@'));
    int error = connect(fd, (struct sockaddr *)&address, size) < 0 ? errno : 0;
    close(fd);
    return error;
}

int connect_to_all(void)
{
    char line[512], name[256], what[300];
    int type;
    FILE *table = fopen("/proc/net/unix", "r");
    if (!table || !fgets(line, sizeof line, table))
        return perror("/proc/net/unix"), 1;
    while (fgets(line, sizeof line, table))
    {
        // Num RefCount Protocol Flags Type St Inode Path
        if (sscanf(line, "%*s %*s %*s %*s %x %*s %*s %255[^\n]", (unsigned *)&type, name) != 2)
            continue;
        int error = connect_to(type, name);
        snprintf(what, sizeof what, "%s %s", type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "dgram" : "seqpacket", name);
        attempt_tell(error == 0 ? "ok" : errno_symbol(error), what);
    }
    return fclose(table);
}

static bool is_number(const char *text)
{
    return isdigit((unsigned char)*text);
}

static void name_of(const char *pid, char name[32])
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *file = fopen(path, "r");
    strcpy(name, "?");
    if (file && fgets(name, 32, file))
        name[strcspn(name, "\n")] = 0;
    if (file)
        fclose(file);
}

static void tell(const char *result, const char *pid, const char *name, const char *what, const char *detail)
{
    char label[512];
    snprintf(label, sizeof label, "%s %s %s %s", pid, name, what, detail);
    attempt_tell(result, label);
}

// From a directory upwards as far as it goes, then down to a file: what lies above a directory is the root that it was opened in.
static int open_above(int directory, const char *file)
{
    char path[320];
    snprintf(path, sizeof path, "../../../../../../../../../../../..%s", file);
    return openat(directory, path, O_RDONLY | O_CLOEXEC);
}

static void reach_file(const char *pid, const char *name, const char *what, const char *file)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, what);
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = directory < 0 ? -1 : open_above(directory, file), error = errno;
    tell(fd >= 0 ? "ok" : errno_symbol(error), pid, name, what, file);
    if (fd >= 0)
        close(fd);
    if (directory >= 0)
        close(directory);
}

static void reach_namespace(const char *pid, const char *name, const char *kind)
{
    char path[300], target[64], what[64];
    snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind);
    snprintf(what, sizeof what, "ns/%s", kind);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    tell(length < 0 ? errno_symbol(errno) : "ok", pid, name, what, target);
}

static void reach_descriptors(const char *pid, const char *name, const char *file)
{
    char path[300], target[256], what[300];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
    {
        if (!is_number(entry->d_name))
            continue;
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        snprintf(what, sizeof what, "fd/%s", entry->d_name);
        tell(length < 0 ? errno_symbol(errno) : "ok", pid, name, what, target);
        reach_file(pid, name, what, file);
    }
    if (directory)
        closedir(directory);
}

int reach_processes(const char *file)
{
    static const char *const kinds[] = {"mnt", "net", "ipc", "uts", "pid", "cgroup", "user"};
    char own[16], name[32];
    snprintf(own, sizeof own, "%d", getpid());
    DIR *proc = opendir("/proc");
    if (!proc)
        return perror("/proc"), 1;
    for (struct dirent *entry; (entry = readdir(proc));)
    {
        if (!is_number(entry->d_name) || strcmp(entry->d_name, own) == 0)
            continue;
        name_of(entry->d_name, name);
        reach_file(entry->d_name, name, "root", file);
        reach_file(entry->d_name, name, "cwd", file);
        reach_descriptors(entry->d_name, name, file);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            reach_namespace(entry->d_name, name, kinds[i]);
    }
    return closedir(proc);
}

int overwrite_programs(void)
{
    struct stat own, other;
    int told = 0;
    if (stat("/proc/self/exe", &own) < 0)
        return perror("/proc/self/exe"), 1;
    for (;;)
    {
        DIR *proc = opendir("/proc");
        for (struct dirent *entry; proc && (entry = readdir(proc));)
        {
            char path[300], name[32];
            if (!is_number(entry->d_name))
                continue;
            snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
            int read = open(path, O_PATH | O_CLOEXEC);
            if (read < 0)
                continue;
            // While it runs it is busy; held by a descriptor, it may be written the moment it no longer does.
            char held[64];
            snprintf(held, sizeof held, "/proc/self/fd/%d", read);
            bool foreign = fstat(read, &other) == 0 && other.st_dev != own.st_dev;
            int written = -1;
            for (int i = 0; foreign && written < 0 && i < 200; i++)
                written = open(held, O_WRONLY | O_CLOEXEC);
            if (written >= 0)
            {
                name_of(entry->d_name, name);
                attempt_tell("ok", name);
                close(written);
            }
            else if (foreign && errno != told)
                attempt_tell(errno_symbol(told = errno), "a program of another file system");
            close(read);
        }
        if (proc)
            closedir(proc);
    }
}

int exchange(const char *one, const char *two)
{
    for (;;)
        if (syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, two, 2) < 0 && errno != ENOENT)
            return perror("renameat2"), 1;
}

int show_status(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        fputs(line, stdout);
    return status ? fclose(status) : 1;
}

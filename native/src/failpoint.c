#define _GNU_SOURCE
#include "failpoint.h"

#ifdef FAILPOINTS
#include "format.h"
#include "util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int directory = -1;
static unsigned count;

// A shim has no environment of its own; who spawned it has the name of the directory in his.
void failpoints_open(void)
{
    static char environment[65536];
    static const char name[] = "INSULA_FAILPOINTS=";
    char path[32];
    text_format(path, sizeof path, "/proc/%d/environ", getppid());
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, environment, sizeof environment - 1);
    for (char *at = environment; length > 0 && at < environment + length; at += strlen(at) + 1)
        if (strncmp(at, name, sizeof name - 1) == 0)
            directory = open(at + sizeof name - 1, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool arms(const char *name, char *action, size_t size)
{
    char text[256];
    cleanup_fd int fd = openat(directory, "armed", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    char *what = strchr(text, '=');
    if (!what || strlen(name) != (size_t)(what - text) || strncmp(text, name, strlen(name)) != 0)
        return false;
    char *number = strchr(++what, '@');
    if (number)
        *number++ = '\0';
    if (++count < (number ? (unsigned)strtoul(number, NULL, 10) : 1))
        return false;
    count = 0;
    text_format(action, size, "%s", what);
    // Of several that come here at once, one takes it.
    return renameat(directory, "armed", directory, "fired") == 0;
}

static bool reach(const char *name)
{
    char path[128], action[64];
    if (directory < 0)
        return false;
    text_format(path, sizeof path, "hits/%s", name);
    cleanup_fd int told = openat(directory, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (!arms(name, action, sizeof action))
        return false;
    if (strcmp(action, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strncmp(action, "delay:", 6) == 0)
    {
        long milliseconds = strtol(action + 6, NULL, 10);
        struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
    return strcmp(action, "error") == 0;
}

void failpoint(const char *name)
{
    reach(name);
}

bool failpoint_fails(const char *name)
{
    return reach(name);
}
#endif

#define _GNU_SOURCE
#include "byhand.h"
#include "format.h"
#include "kernel.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef INSULA_VERSION
#define INSULA_VERSION "0.1.0"
#endif

static const char help[] =
    "insula-shim: supervises the containers of one pod.\n"
    "\n"
    "  insula-shim supervise                 serve the protocol on descriptor 3, a listening SOCK_SEQPACKET socket\n"
    "  insula-shim supervise-in              the same in the cgroup2 group whose directory is descriptor 4;\n"
    "                                        writes the number of the process that does it to standard output\n"
    "  insula-shim launch [options] PLAN|-   run one container in new namespaces and wait for it, by hand\n"
    "      --pod-dir DIR    becomes /pod      (required)\n"
    "      --layers DIR     becomes /layers   (required)\n"
    "      --hostname NAME  of the new UTS namespace (default: insula)\n"
    "      --open PATH      a descriptor that the plan's N may refer to; repeat it: 0, 1, …\n"
    "  insula-shim check-userns DIR          whether a user namespace can be made, and DIR's file system be mapped into it\n"
    "  insula-shim version\n"
    "\n"
    "A plan is a list of NUL-terminated words, see docs/shim-protocol.md.\n";

// The spawner closes everything else; were one of 0–2 free, a socket of ours could become a program's standard output.
static int fill_stdio(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd < 3);
    if (fd < 0)
        return -1;
    return close(fd);
}

static int print(const char *text)
{
    size_t length = strlen(text);
    return write(1, text, length) != (ssize_t)length;
}

static int run_supervise(void)
{
    int type = 0, listening = 0;
    socklen_t size = sizeof type;
    if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET ||
        getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || !listening)
    {
        say("insula-shim: descriptor 3 must be a listening SOCK_SEQPACKET socket");
        return 2;
    }
    if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0 || fcntl(3, F_SETFL, O_NONBLOCK) < 0)
    {
        say("insula-shim: descriptor 3: %s", strerror(errno));
        return 1;
    }
    return supervise(3);
}

// Born in the group, since moving a process into a cgroup2 group waits for every processor (11 ms after an idle moment). A sibling
// of this process, so that whoever started it can wait for the other. And once more through exec, since libc would go on with the
// thread id of this one.
static int run_supervise_in(void)
{
    char number[24];
    char *again[] = {"insula-shim", "supervise", NULL};
    char *none[] = {NULL};
    struct k_clone_args args = {.flags = K_CLONE_INTO_CGROUP | CLONE_PARENT, .cgroup = 4};
    pid_t pid = k_clone3(&args);
    if (pid < 0)
    {
        say("insula-shim: descriptor 4: %s", strerror(errno));
        return 1;
    }
    if (pid > 0)
    {
        int length = text_format(number, sizeof number, "%d\n", pid);
        return write(1, number, (size_t)length) != length;
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 1) < 0 || close(4) < 0)
        _exit(1);
    execve("/proc/self/exe", again, none);
    _exit(1);
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "--help";
    if (fill_stdio() < 0)
        return 1;
    process_title_area(argc, argv);
    if (strcmp(command, "supervise") == 0 && argc == 2)
        return run_supervise();
    if (strcmp(command, "supervise-in") == 0 && argc == 2)
        return run_supervise_in();
    if (strcmp(command, "launch") == 0)
        return launch_by_hand(argc - 2, argv + 2);
    if (strcmp(command, "check-userns") == 0 && argc == 3)
        return check_userns(argv[2]);
    if (strcmp(command, "version") == 0 && argc == 2)
        return print("insula-shim " INSULA_VERSION " protocol 1 plan 1\n");
    if (strcmp(command, "--help") == 0)
        return print(help);
    say("insula-shim: unknown command %s; see insula-shim --help", command);
    return 2;
}

#define _GNU_SOURCE
#include "byhand.h"
#include "fork_server.h"
#include "format.h"
#include "shim.h"

#include <fcntl.h>
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
    "  insula-shim fork-server               start shims for whoever has the other end of descriptor 3, a SOCK_SEQPACKET socket\n"
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

static bool has_socket(int listening)
{
    int type = 0, listens = 0;
    socklen_t size = sizeof type;
    bool is = getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
              getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == listening &&
              fcntl(3, F_SETFD, FD_CLOEXEC) == 0 && fcntl(3, F_SETFL, O_NONBLOCK) == 0;
    if (!is)
        say("insula-shim: descriptor 3 must be a %s SOCK_SEQPACKET socket", listening ? "listening" : "connected");
    return is;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "--help";
    if (fill_stdio() < 0)
        return 1;
    process_title_area(argc, argv);
    if (strcmp(command, "supervise") == 0 && argc == 2)
        return has_socket(1) ? supervise(3) : 2;
    if (strcmp(command, "fork-server") == 0 && argc == 2)
        return has_socket(0) ? fork_server(3) : 2;
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

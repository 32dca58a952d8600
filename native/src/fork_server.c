#define _GNU_SOURCE
#include "fork_server.h"
#include "failpoint.h"
#include "kernel.h"
#include "proto.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// What a shim is born with: 0–2, and the listener.
#define LISTENER 3

// By exec, since libc would go on with the thread id of this process, and every shim would have its addresses.
static _Noreturn void become_shim(const struct packet *p)
{
    char *argv[] = {"insula-shim", "supervise", NULL};
    char *none[] = {NULL};
    if (dup2(p->fds[0], LISTENER) == LISTENER && k_close_range(LISTENER + 1, ~0U, 0) == 0)
        execve("/proc/self/exe", argv, none);
    _exit(1); // the listener closes with it, and whoever has connected learns of it
}

// Born in its group, since moving a process into a cgroup2 group waits for every processor (11 ms after an idle moment). A child of
// the daemon, so that it can wait for it, and whether this process lives is nothing to it.
static void answer(int socket, const struct packet *p)
{
    struct reply r;
    struct k_clone_args args = {.flags = K_CLONE_INTO_CGROUP | CLONE_PARENT, .cgroup = p->fd_count == 2 ? (uint64_t)p->fds[1] : 0};
    bool valid = p->word_count == 2 && strcmp(p->words[1], "shim") == 0 && p->fd_count == 2;
    pid_t pid = valid ? k_clone3(&args) : -1;
    int saved = valid ? errno : EINVAL;
    if (pid == 0)
        become_shim(p);
    failpoint("shim.forked");
    reply_start(&r, pid > 0 ? "ok" : "err", p->words[0]);
    if (pid < 0)
        reply_word(&r, valid ? "clone" : "request");
    reply_number(&r, pid > 0 ? pid : saved);
    send(socket, r.bytes, r.length, MSG_NOSIGNAL); // a daemon that is gone needs no answer
}

int fork_server(int socket)
{
    static struct packet p;
    failpoints_open();
    if (prctl(PR_SET_NAME, "insula-forks", 0, 0, 0) < 0 || k_hide_memory() < 0)
        return 1;
    for (;;)
    {
        struct pollfd readable = {.fd = socket, .events = POLLIN};
        if (poll(&readable, 1, -1) < 0 && errno != EINTR)
            return 1;
        int got = packet_receive(socket, &p);
        if (got == 1)
        {
            answer(socket, &p);
            packet_close_fds(&p);
        }
        else if (got == 0)
            return 0; // the daemon has ended
        else if (errno != EAGAIN && errno != EINTR)
            return 1;
    }
}

// Shims that are cloned by the fork server.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_server(struct world *server)
{
    int ends[2];
    *server = (struct world){.socket = -1};
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    server->socket = ends[0];
    server->shim = world_spawn("fork-server", ends[1]);
}

static void close_server(struct world *server)
{
    int status;
    close(server->socket);
    CHECK(waitpid(server->shim, &status, 0) == server->shim && status == 0, "%x", (unsigned)status);
}

// A group of the test's own; its directory is opened.
static int make_group(char *path, size_t size)
{
    char unified[256];
    CHECK(world_cgroup2(unified), "no cgroup2");
    snprintf(path, size, "%s/insula-test-shim-fork-%d", unified, getpid());
    CHECK(mkdir(path, 0755) == 0, "%s", strerror(errno));
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool refused(const struct message *m, const char *step, int err)
{
    return strcmp(m->words[0], "err") == 0 && strcmp(m->words[2], step) == 0 && atoi(m->words[3]) == err;
}

static void shims_are_born_in_their_group(void)
{
    struct world server, w;
    char group[300], path[64], expected[64];
    int listener = world_listen(&w), directory = make_group(group, sizeof group);
    open_server(&server);
    struct message *m = world_ask(&server, (int[]){listener, directory}, 2, "shim");
    CHECK(ok(m), "%s", text(m));
    w.shim = atoi(m->words[2]);
    close(listener);
    close(directory);
    world_connect(&w);
    snprintf(path, sizeof path, "/proc/%d/cgroup", w.shim);
    snprintf(expected, sizeof expected, "0::/insula-test-shim-fork-%d\n", getpid());
    char *cgroups = read_file(path);
    CHECK(strstr(cgroups, expected), "%s", cgroups);
    free(cgroups);
    // Ours, and nothing to it whether the server lives; and the same as one that was started directly.
    close_server(&server);
    snprintf(path, sizeof path, "/proc/%d/cmdline", w.shim);
    CHECK(strcmp(read_file(path), "insula-shim") == 0);
    snprintf(expected, sizeof expected, "test $(ls /proc/%d/fd | wc -l) -le 8", w.shim);
    CHECK(system(expected) == 0, "%s", expected);
    world_close(&w);
    CHECK(rmdir(group) == 0, "%s", strerror(errno));
}

static void what_cannot_be_done_is_refused(void)
{
    struct world server, w;
    char group[300];
    int listener = world_listen(&w), directory = make_group(group, sizeof group);
    open_server(&server);
    struct message *m = world_ask(&server, (int[]){listener, directory}, 2, "frobnicate");
    CHECK(refused(m, "request", EINVAL), "%s", text(m));
    m = world_ask(&server, (int[]){listener}, 1, "shim");
    CHECK(refused(m, "request", EINVAL), "%s", text(m));
    m = world_ask(&server, (int[]){listener, directory}, 2, "shim", "more");
    CHECK(refused(m, "request", EINVAL), "%s", text(m));
    m = world_ask(&server, (int[]){listener, listener}, 2, "shim");
    CHECK(refused(m, "clone", EBADF), "%s", text(m));
    CHECK(rmdir(group) == 0, "%s", strerror(errno));
    m = world_ask(&server, (int[]){listener, directory}, 2, "shim");
    CHECK(refused(m, "clone", ENOENT) || refused(m, "clone", ENODEV), "%s", text(m));
    // None of it has left a process, and it goes on.
    CHECK(waitpid(-1, NULL, WNOHANG) == 0);
    close_server(&server);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    close(listener);
    close(directory);
    command("rm -rf %s", w.dir);
}

static void broken_packets_end_it(void)
{
    struct world server;
    int status;
    open_server(&server);
    CHECK(send(server.socket, "1", 1, 0) == 1);
    CHECK(waitpid(server.shim, &status, 0) == server.shim && WIFEXITED(status) && WEXITSTATUS(status) == 1, "%x", (unsigned)status);
    close(server.socket);
}

const struct test fork_server_tests[] = {
    {"shims are born in their group", shims_are_born_in_their_group},
    {"what cannot be done is refused", what_cannot_be_done_is_refused},
    {"broken packets end it", broken_packets_end_it},
    {0},
};

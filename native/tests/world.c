#define _GNU_SOURCE
#include "world.h"
#include "../src/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE 10000 // ms

static void add_one(struct words *w, const char *word)
{
    w->bytes = realloc(w->bytes, w->length + strlen(word) + 1);
    strcpy(w->bytes + w->length, word);
    w->length += strlen(word) + 1;
}

void add_words(struct words *w, ...)
{
    va_list list;
    va_start(list, w);
    for (const char *word; (word = va_arg(list, const char *));)
        add_one(w, word);
    va_end(list);
}

void add_list(struct words *w, const char *const *list)
{
    for (; list && *list; list++)
        add_one(w, *list);
}

const char *world_path(const struct world *w, const char *format, ...)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    int length = snprintf(path, sizeof paths[0], "%s/", w->dir);
    va_list list;
    va_start(list, format);
    vsnprintf(path + length, sizeof paths[0] - (size_t)length, format, list);
    va_end(list);
    return path;
}

void world_file(const struct world *w, const char *path, const char *content)
{
    FILE *f = fopen(world_path(w, "%s", path), "w");
    CHECK(f && fputs(content, f) >= 0, "%s", path);
    fclose(f);
}

void command(const char *format, ...)
{
    char line[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    CHECK(system(line) == 0, "%s", line);
}

int detached(const char *path)
{
    int fd = k_open_tree(AT_FDCWD, path, K_OPEN_TREE_CLONE | O_CLOEXEC);
    CHECK(fd >= 0, "%s: %s", path, strerror(errno));
    return fd;
}

int sealed(const struct words *w, unsigned seals)
{
    int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(fd >= 0 && write(fd, w->bytes, w->length) == (ssize_t)w->length);
    CHECK(fcntl(fd, F_ADD_SEALS, seals) == 0);
    return fd;
}

char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *all = NULL;
    size_t size = 0;
    if (!f)
        return NULL;
    if (getdelim(&all, &size, '\0', f) < 0)
        all = calloc(1, 1);
    fclose(f);
    return all;
}

pid_t world_spawn(const char *command, int three)
{
    const char *program = getenv("SHIM");
    pid_t pid = fork();
    if (pid == 0)
    {
        if (three != 3)
            dup2(three, 3);
        k_close_range(4, ~0U, 0);
        if (!getenv("SHIM_STDERR")) // sanitizers report there
            k_close_range(0, 2, 0);
        execl(program ? program : "../out/insula-shim", "insula-shim", command, NULL);
        _exit(127);
    }
    close(three);
    CHECK(pid > 0);
    return pid;
}

int world_listen(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CHECK(geteuid() == 0, "this test needs root: run it with sudo");
    *w = (struct world){.socket = -1};
    snprintf(w->dir, sizeof w->dir, "/tmp/insula-test-shim-%d-XXXXXX", getpid());
    CHECK(mkdtemp(w->dir));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/shim.sock", w->dir);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4) == 0);
    return listener;
}

void world_connect(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/shim.sock", w->dir);
    w->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(w->socket >= 0 && connect(w->socket, (struct sockaddr *)&address, sizeof address) == 0, "%s", strerror(errno));
    struct message *m = world_ask(w, NULL, 0, "hello", "1");
    CHECK(ok(m), "%s", text(m));
    CHECK(atoi(m->words[3]) == w->shim);
}

const char *world_pod_mount;
unsigned world_first_id;

void world_open(struct world *w, const char *pid, const char *const *extra, const int *fds, int fd_count)
{
    int listener = world_listen(w);
    if (world_pod_mount)
        command("set -- %s; mkdir $1/pod && %s", w->dir, world_pod_mount);
    world_pod_mount = NULL;
    command("cd %s && mkdir -p pod/logs pod/containers pod/volumes layers/base/bin layers/base/tmp && cp /bin/busybox layers/base/bin/ && "
            "for a in sh cat cp ls echo sleep id mount true kill ps env pwd stat umask readlink grep mkdir touch nc stty tty wc dd yes "
            "head tail seq rm mknod chroot hostname ln sort tr; do ln -s busybox layers/base/bin/$a; done",
        w->dir);
    w->shim = world_spawn("supervise", listener);
    world_connect(w);
    if (!pid)
        return;
    struct words plan = {0};
    int all[16];
    char users[32];
    w->first_id = world_first_id;
    world_first_id = 0;
    snprintf(users, sizeof users, w->first_id ? "%u:65536" : "host", w->first_id);
    all[1] = detached(world_path(w, "pod"));
    all[2] = detached(world_path(w, "layers"));
    for (int i = 0; i < fd_count; i++)
        all[3 + i] = fds[i];
    add_words(&plan, "--version", "1", "--net", "new", "--ipc", "new", "--uts", "new", "--userns", users, "--pid", pid, "--hostname",
        "testpod", "--pod-dir", "0", "--layers", "1", NULL);
    add_list(&plan, extra);
    add_words(&plan, "--end", NULL);
    all[0] = sealed(&plan, 0xf);
    struct message *m = world_ask(w, all, 3 + fd_count, "setup");
    for (int i = 0; i < 3; i++)
        close(all[i]);
    free(plan.bytes);
    CHECK(ok(m), "%s", text(m));
}

void world_close(struct world *w)
{
    int status;
    struct message *m = world_ask(w, NULL, 0, "stop");
    CHECK(ok(m), "%s", text(m));
    CHECK(waitpid(w->shim, &status, 0) == w->shim);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the shim ended with %x", (unsigned)status);
    close(w->socket);
    free(w->events);
    command("umount %s/pod 2>/dev/null; rm -rf %s", w->dir, w->dir);
}

void world_abandon(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int rounds = 0; rounds < 1000; rounds++)
    {
        // Killing the shim hands its containers to us: once more, until there is nobody.
        char *children = read_file(path);
        for (char *at = children; at && *at; at += strcspn(at, " ") + 1)
            kill(atoi(at), SIGKILL);
        free(children);
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
            break;
    }
    // Those of runs that go on are theirs.
    char script[512];
    snprintf(script, sizeof script,
        "for d in /tmp/insula-test-shim-*-*; do p=${d#/tmp/insula-test-shim-}; p=${p%%%%-*}; [ \"$p\" = %d ] || ! [ -d \"/proc/$p\" ] || "
        "continue; "
        "fsfreeze -u $d/pod; umount $d/pod; rm -rf $d; [ ! -d $d ] || exit 1; done 2>/dev/null",
        getpid());
    if (system(script) != 0)
        printf("  /tmp/insula-test-shim-%d-* cannot be removed\n", getpid());
}

bool ok(const struct message *m)
{
    return strcmp(m->words[0], "ok") == 0;
}

const char *text(const struct message *m)
{
    static char all[4200];
    all[0] = '\0';
    for (int i = 0; i < m->count; i++)
    {
        strcat(all, m->words[i]);
        strcat(all, " ");
    }
    return all;
}

static bool receive(struct world *w, struct message *m, int milliseconds)
{
    struct pollfd p = {w->socket, POLLIN, 0};
    union
    {
        char bytes[CMSG_SPACE(sizeof m->fds)];
        struct cmsghdr align;
    } control;
    struct iovec part = {m->bytes, sizeof m->bytes};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (poll(&p, 1, milliseconds) != 1)
        return false;
    ssize_t got = recvmsg(w->socket, &header, MSG_CMSG_CLOEXEC);
    CHECK(got > 0 && !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && m->bytes[got - 1] == '\0',
        "the shim closed the connection (%zd, %s)", got, strerror(errno));
    m->count = m->fd_count = 0;
    for (ssize_t at = 0; at < got && m->count < 16; at += (ssize_t)strlen(m->bytes + at) + 1)
        m->words[m->count++] = m->bytes + at;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    if (c)
    {
        m->fd_count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(m->fds, CMSG_DATA(c), (size_t)m->fd_count * sizeof(int));
    }
    return true;
}

static void copy_message(struct message *to, const struct message *from)
{
    *to = *from;
    for (int i = 0; i < to->count; i++)
        to->words[i] = to->bytes + (from->words[i] - from->bytes);
}

unsigned world_send(struct world *w, const int *fds, int fd_count, ...)
{
    struct words packet = {0};
    char id[16];
    snprintf(id, sizeof id, "%u", ++w->last_request);
    add_one(&packet, id);
    va_list list;
    va_start(list, fd_count);
    for (const char *word; (word = va_arg(list, const char *));)
        add_one(&packet, word);
    va_end(list);
    union
    {
        char bytes[CMSG_SPACE(16 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {packet.bytes, packet.length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count)
    {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
    }
    CHECK(sendmsg(w->socket, &header, MSG_NOSIGNAL) > 0, "%s", strerror(errno));
    free(packet.bytes);
    return w->last_request;
}

static void keep_event(struct world *w, const struct message *m)
{
    CHECK(strcmp(m->words[0], "event") == 0, "stray packet: %s", text(m));
    struct message *events = calloc((size_t)w->event_count + 1, sizeof *events);
    for (int i = 0; i < w->event_count; i++)
        copy_message(&events[i], &w->events[i]);
    copy_message(&events[w->event_count++], m);
    free(w->events);
    w->events = events;
}

struct message *world_answer(struct world *w, unsigned request)
{
    static struct message m;
    for (;;)
    {
        CHECK(receive(w, &m, DEADLINE), "no answer to request %u", request);
        if (strcmp(m.words[0], "event") != 0 && strtoul(m.words[1], NULL, 10) == request)
            return &m;
        keep_event(w, &m);
    }
}

static bool find_event(struct world *w, const char *name, const char *id, int milliseconds, struct message *found)
{
    struct message m;
    for (int seen = 0;;)
    {
        for (; seen < w->event_count; seen++)
        {
            struct message *e = &w->events[seen];
            if (strcmp(e->words[1], name) != 0 || (id && strcmp(e->words[2], id) != 0))
                continue;
            copy_message(found, e);
            for (int i = seen; i + 1 < w->event_count; i++)
                copy_message(&w->events[i], &w->events[i + 1]);
            w->event_count--;
            return true;
        }
        if (!receive(w, &m, milliseconds))
            return false;
        keep_event(w, &m);
    }
}

// Words of the result point into a buffer that the next call reuses.
struct message world_event(struct world *w, const char *name, const char *id)
{
    static struct message found;
    CHECK(find_event(w, name, id, DEADLINE, &found), "no event %s %s", name, id);
    return found;
}

static struct message last_found;

long world_last_number(int index)
{
    return index < last_found.count ? strtol(last_found.words[index], NULL, 10) : -1;
}

bool world_has_event(struct world *w, const char *name, const char *id, int milliseconds)
{
    return find_event(w, name, id, milliseconds, &last_found);
}

bool world_cgroup2(char *path)
{
    char *mounts = read_file("/proc/self/mounts"), *rest = mounts;
    bool found = false;
    for (char *line; !found && (line = strsep(&rest, "\n")) && *line;)
    {
        char kind[32];
        found = sscanf(line, "%*s %255s %31s", path, kind) == 2 && strcmp(kind, "cgroup2") == 0;
    }
    free(mounts);
    return found;
}

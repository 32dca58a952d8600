// A shim of its own for a test: spawned as the daemon would, with a rootfs made of busybox, spoken to over its socket.
#pragma once
#include "check.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The set usual in container engines, and that with CAP_SYS_PTRACE.
#define USUAL_CAPS "a80425fb"
#define TRACER_CAPS "a80c25fb"

struct words
{
    char *bytes;
    size_t length;
};

void add_words(struct words *w, ...) __attribute__((sentinel));
void add_list(struct words *w, const char *const *list);
// Runs a shell command that must succeed.
void command(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct message
{
    char bytes[4096];
    const char *words[16];
    int count;
    int fds[6];
    int fd_count;
};

struct world
{
    char dir[64];
    pid_t shim;
    int socket;
    unsigned last_request;
    struct message *events;
    int event_count;
    unsigned first_id; // of its user namespace
};

// Words of a container's plan that a test wants otherwise; NULL and 0 mean the usual.
struct spec
{
    const char *id, *pid, *lower, *script, *cwd, *caps, *seccomp, *lsm, *label, *groups, *cgroupns, *umask, *oom, *log_size;
    const char *const *mounts; // NULL-terminated words instead of the usual mounts
    const char *const *extra;  // more words: masks, limits, placement
    const char *const *env, *const *argv;
    const char *cgroup;
    uint32_t uid, gid;
    bool readonly, privileges, no_log;
    int fds[8];
    int fd_count;
};

// A command that mounts something at DIR/pod (DIR is its argument $1) before the next world_open; that resets it.
extern const char *world_pod_mount;
// The user namespace of the next world_open, of 65536 ids; that resets it. 0: the host's.
extern unsigned world_first_id;
void world_open(struct world *w, const char *pid, const char *const *extra, const int *fds, int fd_count);
void world_close(struct world *w);
// The two halves of a world without files: a directory with a listener, and the program with that, or another socket, as descriptor 3.
int world_listen(struct world *w);
pid_t world_spawn(const char *command, int three);
// Where cgroup2 is mounted; up to 255 characters.
bool world_cgroup2(char *path);
// Ends whatever lives below this process, which is a subreaper.
void world_abandon(void);
void world_connect(struct world *w);
// In `dir`, removed with the world.
const char *world_path(const struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_file(const struct world *w, const char *path, const char *content);

int sealed(const struct words *w, unsigned seals);
unsigned world_send(struct world *w, const int *fds, int fd_count, ...) __attribute__((sentinel));
// The answer to `request`; events that come in between are kept.
struct message *world_answer(struct world *w, unsigned request);
// Sends words up to a NULL and waits for the answer.
#define world_ask(w, fds, fd_count, ...) world_answer(w, world_send(w, fds, fd_count, __VA_ARGS__, NULL))
// The next event of that name about that id, kept or to come. 10 s at most.
struct message world_event(struct world *w, const char *name, const char *id);
// Word `index` of the event that world_has_event has just found, as a number.
long world_last_number(int index);
bool world_has_event(struct world *w, const char *name, const char *id, int milliseconds);

void plan_container(const struct world *w, struct words *plan, const struct spec *s);
struct message *start(struct world *w, const struct spec *s);
// Starts, waits for the exit and returns what it wrote (to both streams), and its code (128 + signal when killed).
char *run(struct world *w, const struct spec *s, int *code);
// Runs it; it must end with 0 and write this.
void expect(struct world *w, struct spec s, const char *output);
// Acknowledges a container and removes its log and its layer: a volatile layer serves one start.
void forget(struct world *w, const char *id);
void forget_layer(struct world *w, const char *id);
char *world_log(const struct world *w, const char *id);
char *read_file(const char *path);

struct exec_spec
{
    const char *id, *container, *script, *cgroup;
    const char *const *argv, *const *extra;
    bool tty;
    uint32_t uid;
    int fds[8]; // 0–2 are the streams, -1 for none
    int fd_count;
};

struct message *start_exec(struct world *w, const struct exec_spec *s);
// Descriptors of a detached mount of a directory.
int detached(const char *path);
bool ok(const struct message *m);
const char *text(const struct message *m);

// The supervisor's state. One thread owns all of it.
#pragma once
#include "process.h"
#include "proto.h"
#include "pump.h"

#define ID_MAX 129

enum source_kind
{
    SOURCE_LISTENER,
    SOURCE_CONNECTION,
    SOURCE_SIGNALS,
    SOURCE_PUMP,
    SOURCE_CONTAINER,
    SOURCE_EXEC,
};

// What an epoll event points to.
struct source
{
    enum source_kind kind;
    int fd;
    void *owner;
};

enum entry_state
{
    ENTRY_STARTING,
    ENTRY_RUNNING,
    ENTRY_EXITED,
};

// What containers and execs have in common.
struct entry
{
    char id[ID_MAX];
    enum entry_state state;
    struct pending pending;
    pid_t pid; // the container's first process, or the exec's helper
    int pidfd; // of the container's first process, or the exec's command
    struct source status;
    bool ready, failed;
    bool moved; // it went on in another process
    struct fail failure;
    char warnings[3][32];
    int warning_count;
    int64_t started, finished;
    int code, signal;
};

struct container
{
    struct container *next;
    struct entry e;
    uint64_t token;
    bool tty;
    int input;            // where its standard input comes from: the pipe, or the terminal's master; -1: the null device
    int terminal;         // the terminal's other end, so that one that nobody has open just now is not hung up
    int log_out, log_err; // read ends until the pump has them; of a terminal its master, and none
    int log[2];           // its directory and file, until the pump has them
    char *log_path;
    uint64_t log_max_size;
    uint32_t log_max_files;
    bool logged;   // the pump has its pipes
    bool draining; // the exit is known, its event waits for the last log lines
    int64_t drain_deadline;
};

struct exec
{
    struct exec *next;
    struct entry e;
    int terminal; // until it is handed over in the answer
    bool gone;    // the whole tree, not only the command
};

struct shim
{
    int epoll;
    struct source listener, connection, signals, reports;
    uint64_t connection_serial;
    bool greeted, terminating, ending;
    struct outbox outbox;
    bool want_write;
    struct sandbox sandbox;
    struct pump pump;
    struct container *containers;
    struct exec *execs;
    uint64_t last_token;
};

// supervise.c
int supervise(int listener);
int shim_watch(struct shim *s, struct source *source);
void shim_unwatch(struct shim *s, struct source *source);
void shim_send(struct shim *s, const struct reply *r, const int *fds, int fd_count);
void shim_answer_fail(struct shim *s, const char *request, const struct fail *f);
void shim_answer(struct shim *s, const char *request);
struct pending shim_pending(const struct shim *s, const char *request);
bool shim_is_pending(const struct shim *s, const struct pending *p);

// entries.c
void entry_initialize(struct entry *e, const char *id, struct pending pending, enum source_kind kind, void *owner);
void entry_warn(struct entry *e, const char *word);
void entry_release(struct shim *s, struct entry *e);
void entry_describe(struct shim *s, const char *request, const char *kind, const struct entry *e, bool gone);
// A sealed memfd with a plan, mapped and parsed; released by plan_release.
struct mapped_plan
{
    struct plan plan;
    void *bytes;
    size_t length;
};
int plan_map(struct mapped_plan *m, enum plan_kind kind, const struct packet *p, struct fail *f);
void plan_release(struct mapped_plan *m);

// containers.c
void container_start(struct shim *s, const struct packet *p);
void container_status(struct shim *s, struct container *c);
void container_reaped(struct shim *s, struct container *c, int code, int signal);
void container_forget(struct shim *s, struct container *c);
void container_report(struct shim *s, struct container *c);
struct container *container_find(struct shim *s, const char *id);
void containers_pump_report(struct shim *s, const struct pump_report *r);
// Ends waits for logs that are too long; returns the milliseconds until the next such moment, or -1.
int containers_drain_timeout(struct shim *s);

// attach.c
void container_attach(struct shim *s, const struct packet *p);
// The log thread has begun to copy; NULL: too late.
void container_attached(struct shim *s, struct container *c, const struct pump_report *r);
void container_close_stdin(struct shim *s, const struct packet *p);

// execs.c
void exec_start(struct shim *s, const struct packet *p);
void exec_status(struct shim *s, struct exec *x);
void exec_reaped(struct shim *s, struct exec *x, int code, int signal);
void exec_forget(struct shim *s, struct exec *x);
void exec_report(struct shim *s, struct exec *x);
void exec_resize(struct shim *s, const struct packet *p);
struct exec *exec_find(struct shim *s, const char *id);

// requests.c
void request_handle(struct shim *s, const struct packet *p);

// The last steps of every process that becomes a program: stdio, limits, identity, privileges, seccomp, exec.
#pragma once
#include "plan.h"
#include "sandbox.h"

#define CAP_SYS_PTRACE_BIT 19

// What a launched process tells its parent through a packet socket that exec closes.
struct record
{
    char kind; // 'w' warning in fail.step, 'l' log opened (its 2 descriptors), 't' terminal opened (its master and its
               // other end), 'r' exec is next, 'e' failed,
               // 'c' goes on in another process (its number in `code`, its pidfd);
               // from an exec helper also 's' started (pidfd of the command, terminal), 'x' ended
    int32_t code, signal;
    int64_t time;
    struct fail fail;
};

// stdio of the program; descriptors of the calling process.
struct process_stdio
{
    int in, out, err;
};

void record_send(int fd, char kind, const struct fail *f);
int record_send_fds(int fd, const struct record *r, const int *fds, int fd_count);
// 1: a record, its descriptors in fds[2] (-1 where none); 0: the other end is closed; -1: nothing now.
int record_receive(int fd, struct record *r, int fds[2], bool wait);
// A new anonymous session keyring: otherwise all programs share the daemon's. keyrings(7).
int process_new_keyring(struct fail *f);
// The LSM's label for the coming exec and the score, through our own procfs: before any file system of the container is entered.
int process_own_files(const struct process_plan *p, int proc, int status, struct fail *f);
// What only root outside of the pod's user namespace may do: pipes among the streams get the owner that may open them again
// (/dev/stdout), `first_id` being root inside, and hard limits are raised where the machine lets us.
int process_prepare(const struct process_plan *p, struct process_stdio stdio, uint32_t first_id, struct fail *f);
// Goes on in a child, which lives in new namespaces (`flags`) or in those set for children; the caller hands its number and
// descriptor to `status` ('c') and ends.
int process_go_on(uint64_t flags, int status, struct fail *f);
// Everything above 2 but these, none of which need be open.
int process_keep_only(const int *keep, int count, struct fail *f);
// With the container's root as "/": never returns but on failure.
int process_exec(const struct process_plan *p, const int *fds, struct process_stdio stdio, int status, struct fail *f);
// Where argv lies: a child that stays shows its own name there instead of the shim's command line.
void process_title_area(int argc, char **argv);
void process_title(const char *name);
// The same in three steps, for one who is born among processes that may trace him: whatever he is at his birth and later is
// no more than what he becomes. First all but the program; then, born, the rest.
int process_become(const struct process_plan *p, const int *fds, struct process_stdio stdio, int status, struct fail *f);
int process_settle(const struct process_plan *p, struct fail *f);
int process_run(const struct process_plan *p, int status, struct fail *f);
// Ends a process that has failed; also one whose system call filter refuses even that.
_Noreturn void process_leave(int code);
// No capability in any set, nothing to gain by exec.
int process_drop_all(uint32_t uid, struct fail *f);

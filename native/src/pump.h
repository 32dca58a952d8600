// The log thread: the only one that touches files while containers run, so that a disk that blocks stalls no reaping.
#pragma once
#include "logs.h"
#include "proto.h"

struct pump
{
    int commands; // write end, to the thread
    int reports;  // read end, from the thread; for the supervisor's epoll
};

enum pump_report_kind
{
    PUMP_DRAINED,  // answers pump_drain
    PUMP_ATTACHED, // answers pump_attach
    PUMP_LOST,     // `lines` and `bytes` more have been lost
};

struct pump_report
{
    enum pump_report_kind kind;
    uint64_t token, lines, bytes;
    struct pending request;
    int64_t time; // until when what was written is in the log alone
};

struct logger;

// Starts the thread on first use.
int pump_start(struct pump *p, struct fail *f);
// Takes the two descriptors of log_open over (also when it fails).
struct logger *logger_new(const char *path, const int fds[2], uint64_t max_size, uint32_t max_files, uint64_t token);
// Hands the logger and the read ends of both pipes to the thread; takes all of them over, also when it fails.
int pump_add(struct pump *p, struct logger *l, int out, int err);
// Copies of a container's output and error: copies.h. -1 where not wanted; the sockets are duplicated. A report answers when it has begun.
int pump_attach(struct pump *p, uint64_t token, const int copies[2], struct pending request);
// Asks to write out what is in the pipes now; a report answers when that is done.
int pump_drain(struct pump *p, uint64_t token);

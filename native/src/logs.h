// Container logs in the CRI format, one entry a line, at most 16 KiB of content each (longer lines: P … P F), in files that
// never pass their size: `N.log` → `N.log.1` → … An entry is never split between files.
#pragma once
#include "util.h"

#define LOG_LINE_MAX 16384

enum log_stream_kind
{
    LOG_STDOUT,
    LOG_STDERR,
};

// The file and its rotation.
struct log_file
{
    int dir, fd;
    char name[256];
    uint64_t size, max_size;
    uint32_t max_files; // the current one included
    bool failing;
    uint64_t lost_lines, lost_bytes; // since the file last took an entry
    uint64_t unreported_lines, unreported_bytes;
};

// Cuts a stream into entries.
struct log_stream
{
    enum log_stream_kind kind;
    size_t length;
    char line[LOG_LINE_MAX];
};

// Opens the file for appending (0640; its directory is made if missing, 0750): fds[0] becomes the directory, fds[1] the file.
// Allocates nothing and may block on the disk: it runs in the launched child, never in the supervisor.
int log_open(const char *path, int fds[2], struct fail *f);
// Takes both descriptors over. `path` is the one that was opened.
void log_file_initialize(struct log_file *file, const char *path, const int fds[2], uint64_t max_size, uint32_t max_files);
void log_file_close(struct log_file *file);

// Appends data read at `time` (CLOCK_REALTIME ns). Errors of the disk never surface here: they count as lost.
void log_append(struct log_file *file, struct log_stream *stream, const char *data, size_t length, int64_t time);
// The stream has ended: what is left without a newline becomes a last full entry.
void log_finish(struct log_file *file, struct log_stream *stream, int64_t time);
// "2006-01-02T15:04:05.000000000Z" and a NUL.
void log_format_time(char text[31], int64_t time);

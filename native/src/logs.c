#define _GNU_SOURCE
#include "logs.h"
#include "failpoint.h"
#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_LENGTH 40 // time, blank, "stdout", blank, tag, blank
#define LOG_NAME_MAX 247 // room for the rotation's number
#define BATCH_SIZE (64 * 1024)

// Only the log thread (or a test) formats, hence one buffer. Untouched pages of it cost nothing.
static struct
{
    char bytes[BATCH_SIZE];
    size_t length, lines;
} batch;

int log_open(const char *path, int fds[2], struct fail *f)
{
    char dir[4096];
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || !slash[1] || strlen(slash + 1) > LOG_NAME_MAX || (size_t)(slash - path) >= sizeof dir)
        return fail_set(f, "log", EINVAL, "%s", path);
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    if (mkdir(dir, 0750) < 0 && errno != EEXIST)
        return fail_set(f, "log", errno, "%s", dir);
    cleanup_fd int parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (weak("log-links") ? 0 : O_NOFOLLOW));
    if (parent < 0)
        return fail_set(f, "log", errno, "%s", dir);
    cleanup_fd int file =
        openat(parent, slash + 1, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | (weak("log-links") ? 0 : O_NOFOLLOW), 0640);
    if (file < 0 || fstat(file, &st) < 0)
        return fail_set(f, "log", errno, "%s", path);
    if (!S_ISREG(st.st_mode))
        return fail_set(f, "log", EINVAL, "%s is no regular file", path);
    fds[0] = take_fd(&parent);
    fds[1] = take_fd(&file);
    return 0;
}

void log_file_initialize(struct log_file *file, const char *path, const int fds[2], uint64_t max_size, uint32_t max_files)
{
    struct stat st;
    *file = (struct log_file){.dir = fds[0], .fd = fds[1], .max_size = max_size, .max_files = max_files};
    text_format(file->name, sizeof file->name, "%s", strrchr(path, '/') + 1);
    file->size = fstat(file->fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

void log_file_close(struct log_file *file)
{
    close_fd(&file->fd);
    close_fd(&file->dir);
}

static char *digits(char *at, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

// The civil calendar from days since 1970, by hand: strftime would bring libc's time zones and locales along.
static char *format_date(char *at, int64_t days)
{
    // Years that begin in March, in eras of 400 years: the leap day comes last and months follow a fixed pattern.
    int64_t shifted = days + 719468, era = shifted / 146097, day_of_era = shifted % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * from_march + 2) / 5 + 1, month = from_march < 10 ? from_march + 3 : from_march - 9;
    at = digits(at, (unsigned)(year_of_era + era * 400 + (month <= 2)), 4);
    *at++ = '-';
    at = digits(at, (unsigned)month, 2);
    *at++ = '-';
    return digits(at, (unsigned)day, 2);
}

void log_format_time(char text[31], int64_t time)
{
    int64_t seconds = time / 1000000000;
    unsigned of_day = (unsigned)(seconds % 86400);
    char *at = format_date(text, seconds / 86400);
    *at++ = 'T';
    at = digits(at, of_day / 3600, 2);
    *at++ = ':';
    at = digits(at, of_day / 60 % 60, 2);
    *at++ = ':';
    at = digits(at, of_day % 60, 2);
    *at++ = '.';
    at = digits(at, (unsigned)(time % 1000000000), 9);
    *at++ = 'Z';
    *at = '\0';
}

static int rotate(struct log_file *file)
{
    char from[272], to[272];
    for (uint32_t i = file->max_files - 1; i >= 1; i--)
    {
        text_format(to, sizeof to, "%s.%u", file->name, i);
        if (i == 1)
            text_format(from, sizeof from, "%s", file->name);
        else
            text_format(from, sizeof from, "%s.%u", file->name, i - 1);
        // A missing predecessor is a rotation that has not come this far yet.
        if (renameat(file->dir, from, file->dir, to) < 0 && errno != ENOENT)
            return -1;
    }
    if (file->max_files == 1 && unlinkat(file->dir, file->name, 0) < 0 && errno != ENOENT)
        return -1;
    failpoint("shim.log.renamed");
    int fd = openat(file->dir, file->name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return -1;
    close(file->fd);
    file->fd = fd;
    file->size = 0;
    failpoint("shim.log.rotated");
    return 0;
}

static void count_lost(struct log_file *file, size_t lines, size_t bytes)
{
    file->failing = true;
    file->lost_lines += lines;
    file->lost_bytes += bytes;
    file->unreported_lines += lines;
    file->unreported_bytes += bytes;
}

static bool write_whole(struct log_file *file, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length)
    {
        ssize_t written = write(file->fd, bytes + done, length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
        {
            // A torn entry would spoil the next one too: take it back.
            if (done && ftruncate(file->fd, (off_t)file->size) < 0)
                file->size += done;
            return false;
        }
        done += (size_t)written;
    }
    file->size += length;
    return true;
}

// When the disk takes entries again the gap is marked, so that a reader does not believe the log complete.
static void mark_gap(struct log_file *file)
{
    char mark[160];
    log_format_time(mark, now_realtime());
    text_format(mark + 30, sizeof mark - 30, " stderr F [insula: %llu lines, %llu bytes lost here: the disk refused them]\n",
        (unsigned long long)file->lost_lines, (unsigned long long)file->lost_bytes);
    size_t length = strlen(mark);
    if (file->size && file->size + length > file->max_size && rotate(file) < 0)
        return;
    if (!write_whole(file, mark, length))
        return;
    file->failing = false;
    file->lost_lines = file->lost_bytes = 0;
}

static void flush_batch(struct log_file *file)
{
    if (batch.length == 0)
        return;
    if (file->failing)
        mark_gap(file);
    if (file->failing || !write_whole(file, batch.bytes, batch.length))
        count_lost(file, batch.lines, batch.length);
    batch.length = batch.lines = 0;
}

static void add_entry(struct log_file *file, const struct log_stream *stream, bool partial, int64_t time)
{
    size_t length = HEADER_LENGTH + stream->length + 1;
    if (batch.length + length > sizeof batch.bytes)
        flush_batch(file);
    uint64_t size = file->size + batch.length;
    if (size && size + length > file->max_size)
    {
        flush_batch(file);
        // The batch may have been lost, and the file be short of its size still.
        if (file->size && file->size + length > file->max_size && rotate(file) < 0)
        {
            count_lost(file, 1, length);
            return;
        }
    }
    char *at = batch.bytes + batch.length;
    log_format_time(at, time);
    memcpy(at + 30, stream->kind == LOG_STDOUT ? " stdout " : " stderr ", 8);
    at[38] = partial ? 'P' : 'F';
    at[39] = ' ';
    memcpy(at + HEADER_LENGTH, stream->line, stream->length);
    at[length - 1] = '\n';
    batch.length += length;
    batch.lines++;
}

void log_append(struct log_file *file, struct log_stream *stream, const char *data, size_t length, int64_t time)
{
    while (length)
    {
        const char *newline = memchr(data, '\n', length);
        size_t part = newline ? (size_t)(newline - data) : length;
        size_t room = LOG_LINE_MAX - stream->length;
        if (part > room)
        {
            // Only what is followed by more of the same line is partial: a line of exactly the maximum stays one full entry.
            memcpy(stream->line + stream->length, data, room);
            stream->length = LOG_LINE_MAX;
            add_entry(file, stream, true, time);
            stream->length = 0;
            data += room;
            length -= room;
            continue;
        }
        memcpy(stream->line + stream->length, data, part);
        stream->length += part;
        data += part;
        length -= part;
        if (!newline)
            break;
        add_entry(file, stream, false, time);
        stream->length = 0;
        data++;
        length--;
    }
    flush_batch(file);
}

void log_finish(struct log_file *file, struct log_stream *stream, int64_t time)
{
    if (stream->length)
        add_entry(file, stream, false, time);
    stream->length = 0;
    flush_batch(file);
}

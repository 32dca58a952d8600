// Cutting of lines, rotation, disks that refuse. No root, under sanitizers.
#define _GNU_SOURCE
#include "../src/logs.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct test log_tests[];

static void log_times(void)
{
    char text[31];
    static const struct
    {
        int64_t time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000000Z"},
        {951782399999999999, "2000-02-28T23:59:59.999999999Z"},
        {951782400000000001, "2000-02-29T00:00:00.000000001Z"},
        {4107542399000000000, "2100-02-28T23:59:59.000000000Z"},
        {4107542400000000000, "2100-03-01T00:00:00.000000000Z"},
        {1735689599500000000, "2024-12-31T23:59:59.500000000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        log_format_time(text, cases[i].time);
        CHECK_TEXT(text, cases[i].text);
    }
}

static char log_dir[64];

static void open_log(struct log_file *file, uint64_t max_size, uint32_t max_files)
{
    char path[80];
    int fds[2];
    struct fail f;
    strcpy(log_dir, "/tmp/insula-test-log-XXXXXX");
    CHECK(mkdtemp(log_dir));
    snprintf(path, sizeof path, "%s/sub/0.log", log_dir);
    CHECK(log_open(path, fds, &f) == 0, "%s", f.text);
    log_file_initialize(file, path, fds, max_size, max_files);
}

// The content without the 31 bytes of time and blank in front of every line.
static char *read_log(const char *name)
{
    char path[120];
    snprintf(path, sizeof path, "%s/sub/%s", log_dir, name);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return NULL;
    char *all = calloc(1, 1), *line = NULL;
    size_t size = 0, length = 0;
    for (ssize_t got; (got = getline(&line, &size, stream)) > 0;)
    {
        CHECK(got > 31 && line[29] == 'Z' && line[30] == ' ' && line[got - 1] == '\n', "%.60s", line);
        all = realloc(all, length + (size_t)got + 1);
        memcpy(all + length, line + 31, (size_t)got - 31 + 1);
        length += (size_t)got - 31;
    }
    free(line);
    fclose(stream);
    return all;
}

static void remove_logs(struct log_file *file)
{
    char command[120];
    log_file_close(file);
    snprintf(command, sizeof command, "rm -r %s", log_dir);
    CHECK(system(command) == 0);
}

static void lines_are_cut(void)
{
    struct log_file file;
    static struct log_stream stream;
    static char line[2 * LOG_LINE_MAX + 2];
    open_log(&file, 1 << 20, 3);
    stream.kind = LOG_STDOUT;
    log_append(&file, &stream, "a\n\nbc", 5, 0);
    log_append(&file, &stream, "d\nrest", 6, 0);
    stream.kind = LOG_STDERR;
    log_finish(&file, &stream, 0);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F a\nstdout F \nstdout F bcd\nstderr F rest\n");
    free(text);
    // Exactly the maximum is one full entry however it arrives; one byte more is partial and full; twice the maximum too.
    struct
    {
        size_t length, first_part;
        const char *tags;
    } cases[] = {{LOG_LINE_MAX, LOG_LINE_MAX, "F"}, {LOG_LINE_MAX, 1, "F"}, {LOG_LINE_MAX + 1, LOG_LINE_MAX + 1, "PF"},
        {LOG_LINE_MAX + 1, LOG_LINE_MAX, "PF"}, {2 * LOG_LINE_MAX, 7, "PF"}, {2 * LOG_LINE_MAX + 1, 16, "PPF"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        remove_logs(&file);
        open_log(&file, 1 << 20, 3);
        stream.kind = LOG_STDOUT;
        memset(line, 'x', cases[i].length);
        line[cases[i].length] = '\n';
        log_append(&file, &stream, line, cases[i].first_part, 0);
        log_append(&file, &stream, line + cases[i].first_part, cases[i].length + 1 - cases[i].first_part, 0);
        text = read_log("0.log");
        size_t total = 0, entries = 0;
        for (char *at = text; *at; entries++)
        {
            CHECK(at[7] == cases[i].tags[entries], "case %zu entry %zu is %c", i, entries, at[7]);
            size_t length = strcspn(at, "\n");
            total += length - 9;
            CHECK(length - 9 <= LOG_LINE_MAX);
            at += length + 1;
        }
        CHECK(entries == strlen(cases[i].tags) && total == cases[i].length, "case %zu: %zu entries, %zu bytes", i, entries, total);
        free(text);
    }
    remove_logs(&file);
}

static void rotation_is_exact(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct stat st;
    char path[100], line[16];
    // An entry "012\n" has 40 + 3 + 1 = 44 bytes: three fit into 132, and not into 131.
    open_log(&file, 132, 3);
    stream.kind = LOG_STDOUT;
    for (int i = 0; i < 10; i++)
    {
        snprintf(line, sizeof line, "%03d\n", i);
        log_append(&file, &stream, line, 4, 0);
    }
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 009\n");
    free(text);
    text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 006\nstdout F 007\nstdout F 008\n");
    free(text);
    text = read_log("0.log.2");
    CHECK_TEXT(text, "stdout F 003\nstdout F 004\nstdout F 005\n");
    free(text);
    CHECK(read_log("0.log.3") == NULL);
    snprintf(path, sizeof path, "%s/sub/0.log.1", log_dir);
    CHECK(stat(path, &st) == 0 && st.st_size == 132 && (st.st_mode & 0777) == 0640);
    remove_logs(&file);
    // In one chunk as well, one byte tighter.
    open_log(&file, 131, 2);
    log_append(&file, &stream, "000\n001\n002\n003\n", 16, 0);
    text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 002\nstdout F 003\n");
    free(text);
    text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 000\nstdout F 001\n");
    free(text);
    remove_logs(&file);
    // One file only: it starts anew. An entry above the size has a file of its own.
    open_log(&file, 60, 1);
    log_append(&file, &stream, "000\n0123456789012345678901234567890123456789\n002\n", 49, 0);
    text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 002\n");
    free(text);
    CHECK(read_log("0.log.1") == NULL);
    remove_logs(&file);
}

static void a_log_goes_on_where_it_was(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct fail f;
    int fds[2];
    char path[80];
    open_log(&file, 100, 2);
    stream.kind = LOG_STDOUT;
    log_append(&file, &stream, "000\n", 4, 0);
    log_file_close(&file);
    snprintf(path, sizeof path, "%s/sub/0.log", log_dir);
    CHECK(log_open(path, fds, &f) == 0);
    log_file_initialize(&file, path, fds, 100, 2);
    CHECK(file.size == 44, "%llu", (unsigned long long)file.size);
    log_append(&file, &stream, "001\n002\n", 8, 0);
    char *text = read_log("0.log.1");
    CHECK_TEXT(text, "stdout F 000\nstdout F 001\n");
    free(text);
    remove_logs(&file);
}

static void logs_follow_no_links(void)
{
    struct log_file file;
    struct fail f = {0};
    int fds[2];
    char path[100], target[100];
    open_log(&file, 100, 2);
    snprintf(path, sizeof path, "%s/sub/link.log", log_dir);
    snprintf(target, sizeof target, "%s/elsewhere", log_dir);
    CHECK(symlink(target, path) == 0);
    CHECK(log_open(path, fds, &f) == -1 && f.err == ELOOP, "%d", f.err);
    CHECK(access(target, F_OK) == -1);
    snprintf(path, sizeof path, "%s/sub/fifo.log", log_dir);
    CHECK(mkfifo(path, 0600) == 0);
    CHECK(log_open(path, fds, &f) == -1, "a fifo was taken for a log");
    remove_logs(&file);
}

static void a_refusing_disk_is_counted_and_marked(void)
{
    struct log_file file;
    static struct log_stream stream;
    open_log(&file, 1 << 20, 2);
    stream.kind = LOG_STDOUT;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK(full >= 0);
    log_append(&file, &stream, "kept\n", 5, 0);
    int good = file.fd;
    file.fd = full;
    log_append(&file, &stream, "lost 1\nlost 2\n", 14, 0);
    log_append(&file, &stream, "lost 3\n", 7, 0);
    CHECK(
        file.lost_lines == 3 && file.unreported_lines == 3 && file.lost_bytes == 3 * 47, "%llu lines", (unsigned long long)file.lost_lines);
    file.fd = good;
    close(full);
    log_append(&file, &stream, "kept again\n", 11, 0);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F kept\nstderr F [insula: 3 lines, 141 bytes lost here: the disk refused them]\nstdout F kept again\n");
    CHECK(file.lost_lines == 0 && !file.failing);
    free(text);
    remove_logs(&file);
}

// A file size limit gives short writes: no half entry may stay.
static void torn_entries_are_taken_back(void)
{
    struct log_file file;
    static struct log_stream stream;
    struct rlimit old, small = {70, 70};
    open_log(&file, 1 << 20, 2);
    stream.kind = LOG_STDOUT;
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small.rlim_max = old.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    log_append(&file, &stream, "000\n", 4, 0);
    log_append(&file, &stream, "001\n", 4, 0);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(file.lost_lines == 1, "%llu", (unsigned long long)file.lost_lines);
    char *text = read_log("0.log");
    CHECK_TEXT(text, "stdout F 000\n");
    free(text);
    remove_logs(&file);
}

const struct test log_tests[] = {
    {"log times", log_times},
    {"lines are cut", lines_are_cut},
    {"rotation is exact", rotation_is_exact},
    {"a log goes on where it was", a_log_goes_on_where_it_was},
    {"logs follow no links", logs_follow_no_links},
    {"a refusing disk is counted and marked", a_refusing_disk_is_counted_and_marked},
    {"torn entries are taken back", torn_entries_are_taken_back},
    {0},
};

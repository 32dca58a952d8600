// insula-copy: trees as records, and records that are none. No root, under sanitizers.
#define _GNU_SOURCE
#include "../copy/copy.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct test copy_tests[];

static char home[64];
static bool contained;

static void remove_home(void)
{
    contained = false;
    check_cleanup = NULL;
    char remove[96];
    snprintf(remove, sizeof remove, "rm -rf %s", home);
    if (chdir("/") < 0 || system(remove) != 0)
        printf("  %s cannot be removed\n", home);
}

// A directory with `target` to write into, `outside` beside it, and in `target` links that lead there.
static void open_home(void)
{
    strcpy(home, "/tmp/insula-test-copy-XXXXXX");
    CHECK(mkdtemp(home));
    check_cleanup = remove_home; // of a test that fails, too
    CHECK(chdir(home) == 0);
    CHECK(mkdir("target", 0755) == 0 && mkdir("outside", 0755) == 0 && mkdir("from", 0755) == 0);
    CHECK(close(open("outside/kept", O_WRONLY | O_CREAT, 0600)) == 0);
    CHECK(symlink("../outside", "target/out") == 0 && symlink("../outside/kept", "target/file") == 0);
}

static void close_home(void)
{
    remove_home();
    CHECK(access(home, F_OK) < 0, "%s is left", home);
}

// What insula-copy says goes nowhere.
static int quiet(int (*run)(int), int fd)
{
    int kept = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    int result = run(fd);
    dup2(kept, 2);
    close(kept);
    close(null);
    return result;
}

static const char *receive_path, *receive_name, *send_path;

static int run_receive(int fd)
{
    return copy_receive(receive_path, receive_name, contained, fd);
}

static int run_send(int fd)
{
    return copy_send(send_path, fd);
}

static int receive(const char *bytes, size_t length, const char *path, const char *name)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    CHECK(fd >= 0 && copy_write(fd, bytes, length) && lseek(fd, 0, SEEK_SET) == 0);
    receive_path = path;
    receive_name = name;
    int result = quiet(run_receive, fd);
    close(fd);
    return result;
}

// The records of a tree; the caller frees them.
static char *records(const char *path, size_t *length, int expected)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    struct stat st;
    send_path = path;
    CHECK(fd >= 0 && quiet(run_send, fd) == expected);
    CHECK(fstat(fd, &st) == 0);
    char *bytes = malloc((size_t)st.st_size);
    *length = (size_t)st.st_size;
    CHECK(pread(fd, bytes, *length, 0) == st.st_size);
    close(fd);
    return bytes;
}

static char stream[1 << 16];
static size_t stream_length;

static void begin(void)
{
    memcpy(stream, COPY_MAGIC, COPY_MAGIC_LENGTH);
    stream_length = COPY_MAGIC_LENGTH;
}

// Also what copy_put would not write.
static void record(char kind, unsigned mode, uint64_t size, const char *name, size_t name_length, const char *data)
{
    char *at = stream + stream_length;
    at[0] = kind;
    at[1] = (char)mode;
    at[2] = (char)(mode >> 8);
    at[3] = (char)name_length;
    at[4] = (char)(name_length >> 8);
    for (int i = 0; i < 8; i++)
        at[5 + i] = (char)(size >> (8 * i));
    memcpy(at + COPY_HEADER, name, name_length);
    stream_length += COPY_HEADER + name_length;
    memcpy(stream + stream_length, data, strlen(data));
    stream_length += strlen(data);
}

static void entry(char kind, unsigned mode, const char *name, const char *data)
{
    record(kind, mode, strlen(data), name, strlen(name), data);
}

static void finish(void)
{
    entry(COPY_UP, 0, "", "");
    entry(COPY_END, 0, "", "");
}

// Nothing came to be outside, and what was there is as it was.
static void check_outside(void)
{
    struct stat st;
    CHECK(stat("outside/kept", &st) == 0 && st.st_size == 0, "outside/kept has %lld bytes", (long long)st.st_size);
    CHECK(unlink("outside/kept") == 0);
    CHECK(rmdir("outside") == 0, "something was made outside");
    CHECK(mkdir("outside", 0755) == 0 && close(open("outside/kept", O_WRONLY | O_CREAT, 0600)) == 0);
    CHECK(system("test \"$(ls)\" = \"$(printf 'from\\noutside\\ntarget')\"") == 0, "something was made beside");
}

static void trees_arrive_as_they_were(void)
{
    size_t length;
    open_home();
    CHECK(system("umask 022; mkdir -p from/a/b/empty; cd from; printf one > a/one; head -c 200000 /dev/urandom > a/b/large; : > a/none; "
                 "chmod 750 "
                 "a/one; ln -s ../one a/b/link; ln -s /nowhere a/dangling; : > \"$(printf 'a/%0254d' 7)\"; : > \"$(printf 'a/odd "
                 "\\033[2J\\n name')\"") == 0);
    char *bytes = records("from/a", &length, COPY_DONE);
    CHECK(receive(bytes, length, "target", "copy") == COPY_DONE);
    CHECK(
        system("diff -r --no-dereference from/a target/copy && test $(stat -c %a target/copy/one) = 750 && test -d target/copy/b/empty") ==
        0);
    // Again, over itself; and as another name.
    CHECK(receive(bytes, length, "target", "copy") == COPY_DONE);
    CHECK(receive(bytes, length, "target/other", "copy") == COPY_DONE);
    CHECK(system("diff -r --no-dereference from/a target/copy && diff -r --no-dereference from/a target/other") == 0);
    free(bytes);
    bytes = records("from/a/one", &length, COPY_DONE);
    CHECK(receive(bytes, length, "target/sub", "one") == COPY_DONE && system("cmp from/a/one target/sub") == 0);
    CHECK(receive(bytes, length, "target", "one") == COPY_DONE && system("cmp from/a/one target/one") == 0);
    CHECK(receive(bytes, length, "target/sub/", "one") == COPY_PARTLY && receive(bytes, length, "target/no/where", "one") == COPY_PARTLY);
    free(bytes);
    close_home();
}

static void what_is_no_file_is_left_out_and_said(void)
{
    size_t length;
    open_home();
    CHECK(system("mkdir from/d; mkfifo from/d/fifo; echo x > from/d/x") == 0);
    char *bytes = records("from/d", &length, COPY_PARTLY);
    CHECK(receive(bytes, length, "target", "d") == COPY_DONE);
    CHECK(system("test \"$(ls target/d)\" = x") == 0);
    free(bytes);
    // Nothing at all: the end is told, so that nothing is made of it.
    bytes = records("from/none", &length, COPY_PARTLY);
    CHECK(receive(bytes, length, "target", "none") == COPY_DONE && access("target/none", F_OK) < 0);
    free(bytes);
    close_home();
}

static void links_lead_nobody_out(void)
{
    open_home();
    // A link that is there, one that comes with the records, and one in the place of a file.
    begin();
    entry(COPY_DIRECTORY, 0755, "", "");
    entry(COPY_DIRECTORY, 0755, "out", "");
    entry(COPY_FILE, 0644, "evil", "evil");
    entry(COPY_UP, 0, "", "");
    entry(COPY_LINK, 0777, "mine", "../outside");
    entry(COPY_DIRECTORY, 0755, "mine", "");
    entry(COPY_FILE, 0644, "evil", "evil");
    entry(COPY_UP, 0, "", "");
    entry(COPY_FILE, 0644, "file", "evil");
    entry(COPY_LINK, 0777, "again", "../outside/kept");
    entry(COPY_FILE, 0644, "again", "evil");
    finish();
    CHECK(receive(stream, stream_length, "target", "") == COPY_PARTLY);
    check_outside();
    CHECK(system("test \"$(cat target/file)\" = evil && test ! -L target/file && test \"$(cat target/again)\" = evil") == 0);
    // Neither a FIFO nor a directory is written into, and nobody waits for its reader.
    CHECK(system("mkfifo target/fifo; mkdir target/dir") == 0);
    begin();
    entry(COPY_DIRECTORY, 0755, "", "");
    entry(COPY_FILE, 0644, "fifo", "x");
    entry(COPY_FILE, 0644, "dir", "x");
    entry(COPY_LINK, 0777, "dir", "x");
    entry(COPY_DIRECTORY, 0755, "fifo", "");
    entry(COPY_UP, 0, "", "");
    finish();
    CHECK(receive(stream, stream_length, "target", "") == COPY_PARTLY);
    close_home();
}

static void links_that_lead_out_are_left_out(void)
{
    static const struct
    {
        const char *name, *target;
        bool stays;
    } links[] = {{"a", "x", true}, {"b", "./x/y", true}, {"c", "/etc/passwd", false}, {"d", "..", false}, {"e", "../outside", false},
        {"f", "x/../..", false}, {"g", "x/..", false}, {"h", "./../x", false}, {"i", "x//y/", true}, {"j", "....", true}, {"k", "/", false},
        {"l", ".//../x", false}};
    open_home();
    contained = true;
    begin();
    entry(COPY_DIRECTORY, 0755, "", "");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        entry(COPY_LINK, 0777, links[i].name, links[i].target);
    entry(COPY_DIRECTORY, 0755, "sub", "");
    entry(COPY_LINK, 0777, "up", "../x");
    entry(COPY_LINK, 0777, "far", "../../outside");
    entry(COPY_UP, 0, "", "");
    finish();
    CHECK(receive(stream, stream_length, "target", "in") == COPY_DONE);
    contained = false;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    {
        char path[64], target[64] = "";
        snprintf(path, sizeof path, "target/in/%s", links[i].name);
        bool made = readlink(path, target, sizeof target - 1) > 0;
        CHECK(made == links[i].stays && (!made || strcmp(target, links[i].target) == 0), "%s -> %s", links[i].name, links[i].target);
    }
    CHECK(system("test -L target/in/sub/up && test ! -L target/in/sub/far") == 0);
    close_home();
}

static void names_of_more_than_a_component_are_refused(void)
{
    static const struct
    {
        const char *name;
        size_t length;
    } names[] = {{"..", 2}, {".", 1}, {"a/b", 3}, {"/etc", 4}, {"../outside/evil", 15}, {"a\0b", 3}, {"", 0}, {"/", 1}, {"evil/", 5}};
    static const char kinds[] = {COPY_FILE, COPY_DIRECTORY, COPY_LINK};
    open_home();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof kinds; k++)
        {
            begin();
            entry(COPY_DIRECTORY, 0755, "", "");
            const char *data = kinds[k] == COPY_LINK ? "t" : "";
            record(kinds[k], 0644, strlen(data), names[i].name, names[i].length, data);
            finish();
            CHECK(receive(stream, stream_length, "target", "") == COPY_BROKEN, "%c %s", kinds[k], names[i].name);
        }
    begin();
    entry(COPY_FILE, 0644, "named", "the root has no name");
    entry(COPY_END, 0, "", "");
    CHECK(receive(stream, stream_length, "target", "") == COPY_BROKEN);
    check_outside();
    close_home();
}

static void broken_records_are_refused(void)
{
    open_home();
    struct
    {
        char kind;
        unsigned mode;
        uint64_t size;
        const char *name;
    } bad[] = {{'?', 0, 0, "x"}, {COPY_FILE, 04755, 0, "x"}, {COPY_FILE, 0, UINT64_MAX, "x"}, {COPY_LINK, 0, 0, "x"},
        {COPY_LINK, 0, 4096, "x"}, {COPY_DIRECTORY, 0, 1, "x"}, {COPY_UP, 0, 0, "x"}, {COPY_END, 0, 1, ""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
        begin();
        entry(COPY_DIRECTORY, 0755, "", "");
        record(bad[i].kind, bad[i].mode, bad[i].size, bad[i].name, strlen(bad[i].name), "");
        finish();
        CHECK(receive(stream, stream_length, "target", "") == COPY_BROKEN, "record %zu", i);
    }
    // Deeper than can be held open.
    begin();
    for (int i = 0; i <= COPY_MAX_DEPTH; i++)
        entry(COPY_DIRECTORY, 0755, i ? "d" : "", "");
    CHECK(receive(stream, stream_length, "target", "") == COPY_BROKEN);
    // Ended before its end, at every byte.
    begin();
    entry(COPY_DIRECTORY, 0755, "", "");
    entry(COPY_FILE, 0644, "f", "content");
    entry(COPY_LINK, 0777, "l", "f");
    finish();
    CHECK(receive(stream, stream_length, "target", "") == COPY_DONE);
    for (size_t length = 0; length < stream_length; length++)
        CHECK(receive(stream, length, "target", "") == COPY_BROKEN, "%zu bytes", length);
    check_outside();
    close_home();
}

static void changed_records_make_nothing_outside(void)
{
    open_home();
    begin();
    entry(COPY_DIRECTORY, 0755, "", "");
    entry(COPY_DIRECTORY, 0755, "out", "");
    entry(COPY_FILE, 0644, "..", "evil");
    entry(COPY_UP, 0, "", "");
    entry(COPY_LINK, 0777, "file", "../outside/kept");
    entry(COPY_FILE, 0644, "file", "evil");
    entry(COPY_DIRECTORY, 0755, "d", "");
    entry(COPY_LINK, 0777, "x", "../../outside");
    entry(COPY_UP, 0, "", "");
    finish();
    static char good[4096], bytes[4096];
    size_t length = stream_length;
    CHECK(length <= sizeof good);
    memcpy(good, stream, length);
    good[length - 1] = 0;
    srand(1);
    for (int round = 0; round < 3000; round++)
    {
        memcpy(bytes, good, length);
        for (int changes = 1 + rand() % 4; changes > 0; changes--)
            bytes[(size_t)rand() % length] = rand() % 2 ? (char)rand() : "./fdulz\0\1\2"[rand() % 10];
        (void)receive(bytes, length, "target", round % 2 ? "" : "name");
    }
    check_outside();
    close_home();
}

const struct test copy_tests[] = {
    {"copy: trees arrive as they were", trees_arrive_as_they_were},
    {"copy: what is no file is left out and said", what_is_no_file_is_left_out_and_said},
    {"copy: links lead nobody out", links_lead_nobody_out},
    {"copy: links that lead out are left out", links_that_lead_out_are_left_out},
    {"copy: names of more than a component are refused", names_of_more_than_a_component_are_refused},
    {"copy: broken records are refused", broken_records_are_refused},
    {"copy: changed records make nothing outside", changed_records_make_nothing_outside},
    {0},
};

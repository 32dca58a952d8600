// usage: guest wait                     — until it is asked to end
//        guest write LINES FILE         — as fast as it is let; how many microseconds it took goes into FILE
//        guest arrive FILE              — this moment is added to FILE
//        guest serve FILE KIND:PORT…    — answers probes (http, tcp, grpc); the moment of each connection is added to FILE
// Moments are 16 bytes: nanoseconds of CLOCK_MONOTONIC, and the port or 0. They are the container's: nobody else's clock is asked.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE 100
#define LINES_AT_ONCE 40
#define LONGEST (LINE * (LINES_AT_ONCE - 1)) // so that a write that was cut can go on from within a line

struct kind
{
    const char *name, *answer;
    size_t length;
};

#define HTTP "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
// On stream 1 HEADERS (:status 200, content-type application/grpc), DATA (SERVING), HEADERS (grpc-status 0) that end it.
#define GRPC                                  \
    "\0\0\x14\1\4\0\0\0\1\x88\x0f\x10\x10"    \
    "application/grpc"                        \
    "\0\0\7\0\0\0\0\0\1\0\0\0\0\2\x08\1"      \
    "\0\0\x0f\1\5\0\0\0\1\0\x0bgrpc-status\1" \
    "0"

static const struct kind kinds[] = {{"http", HTTP, sizeof HTTP - 1}, {"tcp", "", 0}, {"grpc", GRPC, sizeof GRPC - 1}};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        die(path);
    return fd;
}

static void tell_moment(int file, int64_t port)
{
    int64_t moment[2] = {now(), port};
    if (write(file, moment, sizeof moment) != sizeof moment)
        die("a moment");
}

static void write_lines(long lines, const char *path)
{
    static char block[LINE * LINES_AT_ONCE];
    memset(block, 'x', sizeof block);
    for (size_t i = LINE - 1; i < sizeof block; i += LINE)
        block[i] = '\n';
    int64_t began = now();
    for (long left = lines * LINE; left > 0;)
    {
        ssize_t n = write(1, block + (lines * LINE - left) % LINE, left < LONGEST ? (size_t)left : LONGEST);
        if (n < 0)
            die("a line");
        left -= n;
    }
    dprintf(open_file(path), "%ld\n", (long)((now() - began) / 1000));
}

// Descriptors of listeners have their port and kind here, those of connections their kind.
static struct
{
    const struct kind *kind;
    int port;
} sockets[1024];

static void listen_at(int poll, const char *what)
{
    const char *colon = strchr(what, ':');
    const struct kind *kind = NULL;
    for (size_t i = 0; colon && i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == (size_t)(colon - what) && strncmp(kinds[i].name, what, (size_t)(colon - what)) == 0)
            kind = &kinds[i];
    if (!kind)
        die(what);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1024) < 0)
        die(what);
    sockets[fd].kind = kind;
    sockets[fd].port = atoi(colon + 1);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll");
}

static void accept_all(int poll, int listener, int file)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
    {
        tell_moment(file, sockets[listener].port);
        if (sockets[listener].kind->length == 0 || (size_t)fd >= sizeof sockets / sizeof *sockets)
        {
            close(fd);
            continue;
        }
        sockets[fd].kind = sockets[listener].kind;
        sockets[fd].port = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
            die("epoll");
    }
}

// The requests are known and what they ask need not be read: one of HTTP comes in one piece, and of one of gRPC the beginning is answered
// by SETTINGS and its DATA frame of five bytes, which comes last, by the rest.
static void answer(int fd)
{
    char request[4096];
    const struct kind *kind = sockets[fd].kind;
    bool grpc = kind == &kinds[2];
    ssize_t n = read(fd, request, sizeof request), sent = 0;
    if (n > 0 && grpc && n >= 24 && memcmp(request, "PRI * HTTP/2.0", 14) == 0)
        sent = write(fd, "\0\0\0\4\0\0\0\0", 9);
    if (n > 0 && sent >= 0 && (!grpc || memmem(request, (size_t)n, "\0\0\5\0", 4)))
        sent = write(fd, kind->answer, kind->length);
    if (n <= 0 || sent < 0 || !grpc)
        close(fd);
}

static _Noreturn void serve(int file, char **what)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    for (; *what; what++)
        listen_at(poll, *what);
    for (;;)
    {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < count; i++)
            if (sockets[events[i].data.fd].port)
                accept_all(poll, events[i].data.fd, file);
            else
                answer(events[i].data.fd);
    }
}

static void end(int signal)
{
    (void)signal;
    _exit(0);
}

int main(int count, char **words)
{
    const char *verb = count > 1 ? words[1] : "";
    signal(SIGTERM, end);
    if (strcmp(verb, "wait") == 0)
        for (;;)
            pause();
    if (strcmp(verb, "write") == 0 && count == 4)
        write_lines(atol(words[2]), words[3]);
    else if (strcmp(verb, "arrive") == 0 && count == 3)
        tell_moment(open_file(words[2]), 0);
    else if (strcmp(verb, "serve") == 0 && count > 3)
        serve(open_file(words[2]), words + 3);
    else
        return 2;
    return 0;
}

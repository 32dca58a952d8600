// usage: wire serve PORT ANSWER | wire sink PORT | wire connect ADDRESS PORT COUNT | wire until ADDRESS PORT [ANSWER] | wire send ADDRESS
// PORT SECONDS — what benchmarks of connections need, in whatever network namespace they are run. serve answers each connection with one
// character and ends it; sink takes what is sent. connect makes connections one after the other and says the median of their set-up in
// microseconds, and how many there were a second; until says at which moment (CLOCK_MONOTONIC, nanoseconds) the first one was answered so;
// send says how many megabytes a second went.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in at(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
    {
        errno = EINVAL;
        fail(address);
    }
    return to;
}

static int listen_at(const char *port)
{
    struct sockaddr_in to = at("0.0.0.0", port);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&to, sizeof to) || listen(s, 4096))
        fail("listen");
    return s;
}

// Ended without a word, so that the next ones do not run out of ports.
static void drop(int s)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(s);
}

static int serve(const char *port, const char *answer)
{
    for (int s = listen_at(port), c; (c = accept(s, NULL, NULL)) >= 0 || errno == ECONNABORTED || errno == EINTR;)
        if (c >= 0)
        {
            (void)!send(c, answer, 1, MSG_NOSIGNAL);
            close(c);
        }
    fail("accept");
}

static int sink(const char *port)
{
    static char bytes[1 << 18];
    for (int s = listen_at(port), c; (c = accept(s, NULL, NULL)) >= 0;)
    {
        while (recv(c, bytes, sizeof bytes, 0) > 0)
            ;
        close(c);
    }
    fail("accept");
}

static int compare(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static int connects(const char *address, const char *port, int count)
{
    struct sockaddr_in to = at(address, port);
    long long *took = calloc((size_t)count, sizeof *took), began = now();
    for (int i = 0; i < count; i++)
    {
        char answer;
        int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        long long before = now();
        if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to))
            fail("connect");
        took[i] = now() - before;
        if (recv(s, &answer, 1, 0) != 1)
            fail("recv");
        drop(s);
    }
    double seconds = (double)(now() - began) / 1e9;
    qsort(took, (size_t)count, sizeof *took, compare);
    printf("%.3f %.1f\n", (double)took[count / 2] / 1e3, count / seconds);
    return 0;
}

static int until(const char *address, const char *port, char wanted)
{
    struct sockaddr_in to = at(address, port);
    for (;;)
    {
        char answer = 0;
        int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s < 0)
            fail("socket");
        struct pollfd p = {.fd = s, .events = POLLOUT};
        if ((connect(s, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS) && poll(&p, 1, 20) == 1)
        {
            p.events = POLLIN;
            if (poll(&p, 1, 20) == 1 && recv(s, &answer, 1, 0) == 1 && (wanted == 0 || answer == wanted))
            {
                printf("%lld\n", now());
                drop(s);
                return 0;
            }
        }
        drop(s);
    }
}

static int transfer(const char *address, const char *port, int seconds)
{
    static char bytes[1 << 17];
    struct sockaddr_in to = at(address, port);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to))
        fail("connect");
    long long began = now(), end = began + seconds * 1000000000LL, sent = 0;
    while (now() < end)
    {
        ssize_t count = send(s, bytes, sizeof bytes, MSG_NOSIGNAL);
        if (count < 0)
            fail("send");
        sent += count;
    }
    printf("%.1f\n", (double)sent / 1e6 / ((double)(now() - began) / 1e9));
    drop(s);
    return 0;
}

int main(int count, char **words)
{
    signal(SIGPIPE, SIG_IGN);
    if (count == 4 && !strcmp(words[1], "serve"))
        return serve(words[2], words[3]);
    if (count == 3 && !strcmp(words[1], "sink"))
        return sink(words[2]);
    if (count == 5 && !strcmp(words[1], "connect") && atoi(words[4]) > 0)
        return connects(words[2], words[3], atoi(words[4]));
    if ((count == 4 || count == 5) && !strcmp(words[1], "until"))
        return until(words[2], words[3], count == 5 ? words[4][0] : 0);
    if (count == 5 && !strcmp(words[1], "send"))
        return transfer(words[2], words[3], atoi(words[4]));
    fputs("usage: wire serve PORT ANSWER | sink PORT | connect ADDRESS PORT COUNT | until ADDRESS PORT [ANSWER] | send ADDRESS PORT "
          "SECONDS\n",
        stderr);
    return 2;
}

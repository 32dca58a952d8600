#define _GNU_SOURCE
#include "pump.h"
#include "copies.h"
#include "failpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_SIZE (32 * 1024)
#define REPORT_INTERVAL 1000000000LL

struct pump_source
{
    struct logger *logger;
    int fd;
    struct log_stream *stream;
    struct copy *copies;
};

struct logger
{
    struct logger *next;
    uint64_t token;
    struct log_file file;
    struct pump_source sources[2];
    int64_t last_report;
};

struct command
{
    struct logger *add; // NULL: drain, or attach
    uint64_t token;
    int copies[2];
    struct pending attach; // who asked for them
};

struct thread
{
    int commands, reports, epoll;
    struct logger *loggers;
    char buffer[READ_SIZE];
};

static void logger_free(struct logger *l)
{
    for (int i = 0; i < 2; i++)
    {
        close_fd(&l->sources[i].fd);
        free(l->sources[i].stream);
    }
    log_file_close(&l->file);
    free(l);
}

struct logger *logger_new(const char *path, const int fds[2], uint64_t max_size, uint32_t max_files, uint64_t token)
{
    struct logger *l = calloc(1, sizeof *l);
    if (!l)
    {
        close(fds[0]);
        close(fds[1]);
        return NULL;
    }
    log_file_initialize(&l->file, path, fds, max_size, max_files);
    l->token = token;
    bool complete = true;
    for (int i = 0; i < 2; i++)
    {
        // Not cleared: pages of a stream that never carries long lines stay untouched.
        l->sources[i] = (struct pump_source){l, -1, malloc(sizeof(struct log_stream)), NULL};
        complete = complete && l->sources[i].stream;
        if (l->sources[i].stream)
        {
            l->sources[i].stream->kind = i ? LOG_STDERR : LOG_STDOUT;
            l->sources[i].stream->length = 0;
        }
    }
    if (complete)
        return l;
    logger_free(l);
    return NULL;
}

static void report(struct thread *t, const struct pump_report *r)
{
    // Blocking: the supervisor reads these whatever happens, and nothing else of it waits for this thread.
    while (write(t->reports, r, sizeof *r) < 0 && errno == EINTR)
        continue;
}

static void report_losses(struct thread *t, struct logger *l, bool final)
{
    int64_t now = now_monotonic();
    if (!l->file.unreported_lines || (!final && now - l->last_report < REPORT_INTERVAL))
        return;
    report(t, &(struct pump_report){PUMP_LOST, l->token, l->file.unreported_lines, l->file.unreported_bytes, {0}, 0});
    l->file.unreported_lines = l->file.unreported_bytes = 0;
    l->last_report = now;
}

static void end_source(struct thread *t, struct pump_source *s)
{
    log_finish(&s->logger->file, s->stream, now_realtime());
    epoll_ctl(t->epoll, EPOLL_CTL_DEL, s->fd, NULL);
    close_fd(&s->fd);
    copies_end(&s->copies);
    free(s->stream);
    s->stream = NULL;
}

// One chunk. False when there is nothing now, or no more at all.
static bool read_source(struct thread *t, struct pump_source *s)
{
    if (s->fd < 0)
        return false;
    ssize_t got = read(s->fd, t->buffer, sizeof t->buffer);
    if (got > 0)
    {
        // First, since the disk may take its time.
        if (s->copies)
            copies_write(&s->copies, t->buffer, (size_t)got);
        failpoint("shim.log.unwritten");
        log_append(&s->logger->file, s->stream, t->buffer, (size_t)got, now_realtime());
        failpoint("shim.log.written");
        report_losses(t, s->logger, false);
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    end_source(t, s);
    return false;
}

static void drop_if_ended(struct thread *t, struct logger *l)
{
    struct logger **at = &t->loggers;
    if (l->sources[0].fd >= 0 || l->sources[1].fd >= 0)
        return;
    report_losses(t, l, true);
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    logger_free(l);
}

static struct logger *find(const struct thread *t, uint64_t token)
{
    struct logger *l = t->loggers;
    while (l && l->token != token)
        l = l->next;
    return l;
}

static void attach(struct thread *t, const struct command *c)
{
    struct logger *l = find(t, c->token);
    int64_t now = now_realtime();
    for (int i = 0; i < 2; i++)
    {
        struct copy *none = NULL;
        bool open = l && l->sources[i].fd >= 0;
        if (c->copies[i] >= 0)
            copies_add(open ? &l->sources[i].copies : &none, c->copies[i], open ? l->sources[i].stream : NULL);
        copies_end(&none);
    }
    report(t, &(struct pump_report){.kind = PUMP_ATTACHED, .token = c->token, .request = c->attach, .time = now});
}

static void drain(struct thread *t, uint64_t token)
{
    struct logger *l = find(t, token);
    if (l)
    {
        // Bounded by what fits in a pipe: a process left over in the container may go on writing for ever.
        for (int i = 0; i < 2; i++)
            for (size_t chunks = 0; chunks < (1 << 20) / READ_SIZE && read_source(t, &l->sources[i]); chunks++)
                continue;
        report_losses(t, l, true);
        drop_if_ended(t, l);
    }
    failpoint("shim.log.drained");
    report(t, &(struct pump_report){.kind = PUMP_DRAINED, .token = token});
}

static void add(struct thread *t, struct logger *l)
{
    l->next = t->loggers;
    t->loggers = l;
    for (int i = 0; i < 2; i++)
    {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &l->sources[i]};
        if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, l->sources[i].fd, &event) < 0)
            end_source(t, &l->sources[i]); // out of kernel memory: the writer gets SIGPIPE rather than a full pipe for ever
    }
    drop_if_ended(t, l);
}

static void *run(void *argument)
{
    struct thread *t = argument;
    for (;;)
    {
        // One event at a time: handling one may free what another would point to.
        struct epoll_event event;
        if (epoll_wait(t->epoll, &event, 1, -1) < 1)
            continue;
        struct pump_source *s = event.data.ptr;
        if (s)
        {
            struct logger *l = s->logger;
            read_source(t, s);
            drop_if_ended(t, l);
            continue;
        }
        struct command c;
        if (read(t->commands, &c, sizeof c) != (ssize_t)sizeof c)
            return NULL; // the supervisor is ending
        if (c.add)
            add(t, c.add);
        else if (c.attach.connection)
            attach(t, &c);
        else
            drain(t, c.token);
    }
}

static int start_thread(struct thread *t, struct fail *f)
{
    pthread_attr_t attributes;
    pthread_t id;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->commands, &event) < 0)
        return fail_set(f, "log", errno, "epoll");
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&id, &attributes, run, t);
    pthread_attr_destroy(&attributes);
    return error ? fail_set(f, "log", error, "thread") : 0;
}

int pump_start(struct pump *p, struct fail *f)
{
    int commands[2] = {-1, -1}, reports[2] = {-1, -1};
    if (p->commands >= 0)
        return 0;
    struct thread *t = malloc(sizeof *t);
    if (!t || pipe2(commands, O_CLOEXEC) < 0 || pipe2(reports, O_CLOEXEC) < 0)
        goto failed;
    // A thread stuck on its disk does not read commands: they may fill up, and the supervisor must not wait.
    if (fcntl(commands[1], F_SETFL, O_NONBLOCK) < 0)
        goto failed;
    *t = (struct thread){.commands = commands[0], .reports = reports[1], .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (t->epoll < 0)
        goto failed;
    if (start_thread(t, f) < 0)
    {
        close(t->epoll);
        goto cleanup;
    }
    p->commands = commands[1];
    p->reports = reports[0];
    return 0;
failed:
    fail_set(f, "log", errno, "starting the log thread");
cleanup:
    for (int i = 0; i < 2; i++)
    {
        close_fd(&commands[i]);
        close_fd(&reports[i]);
    }
    free(t);
    return -1;
}

int pump_add(struct pump *p, struct logger *l, int out, int err)
{
    struct command c = {.add = l};
    l->sources[0].fd = out;
    l->sources[1].fd = err;
    if (fcntl(out, F_SETFL, O_NONBLOCK) == 0 && (err < 0 || fcntl(err, F_SETFL, O_NONBLOCK) == 0) &&
        write(p->commands, &c, sizeof c) == (ssize_t)sizeof c)
        return 0;
    logger_free(l);
    return -1;
}

int pump_attach(struct pump *p, uint64_t token, const int copies[2], struct pending request)
{
    struct command c = {.token = token, .attach = request};
    bool complete = true;
    for (int i = 0; i < 2; i++)
    {
        c.copies[i] = copies[i] < 0 ? -1 : fcntl(copies[i], F_DUPFD_CLOEXEC, 3);
        complete = complete && (copies[i] < 0 || c.copies[i] >= 0);
    }
    if (complete && write(p->commands, &c, sizeof c) == (ssize_t)sizeof c)
        return 0;
    close_fd(&c.copies[0]);
    close_fd(&c.copies[1]);
    return -1;
}

int pump_drain(struct pump *p, uint64_t token)
{
    struct command c = {.token = token};
    return write(p->commands, &c, sizeof c) == (ssize_t)sizeof c ? 0 : -1;
}

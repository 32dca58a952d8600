#define _GNU_SOURCE
#include "proto.h"
#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTBOX_MAX 4096
#define REPLY_MAX_FDS 5

void packet_close_fds(struct packet *p)
{
    for (int i = 0; i < p->fd_count; i++)
        if (p->fds[i] >= 0)
            close(p->fds[i]);
    p->fd_count = 0;
}

bool packet_split(struct packet *p)
{
    p->word_count = 0;
    if (p->length == 0 || p->bytes[p->length - 1] != '\0')
        return false;
    for (size_t at = 0; at < p->length; at += strlen(p->bytes + at) + 1)
    {
        if (p->word_count == PACKET_MAX_WORDS)
            return false;
        p->words[p->word_count++] = p->bytes + at;
    }
    return true;
}

static void take_descriptors(struct packet *p, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && p->fd_count < PACKET_MAX_FDS; i++)
            memcpy(&p->fds[p->fd_count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
}

int packet_receive(int socket, struct packet *p)
{
    union
    {
        char bytes[CMSG_SPACE(PACKET_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {p->bytes, PACKET_MAX};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    p->fd_count = p->word_count = 0;
    ssize_t got = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return -1;
    take_descriptors(p, &m);
    p->length = (size_t)got;
    if (got == 0 && p->fd_count == 0)
        return 0;
    if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
    {
        packet_close_fds(p);
        errno = EMSGSIZE;
        return -1;
    }
    if (!packet_split(p))
    {
        packet_close_fds(p);
        errno = EBADMSG;
        return -1;
    }
    return 1;
}

void reply_start(struct reply *r, const char *kind, const char *id)
{
    r->length = 0;
    reply_word(r, kind);
    reply_word(r, id);
}

void reply_word(struct reply *r, const char *word)
{
    size_t room = sizeof r->bytes - r->length, length = strlen(word);
    if (room < 2)
        return;
    if (length >= room)
        length = room - 1;
    memcpy(r->bytes + r->length, word, length);
    r->bytes[r->length + length] = '\0';
    r->length += length + 1;
}

void reply_number(struct reply *r, int64_t number)
{
    char text[24];
    text_format(text, sizeof text, "%lld", (long long)number);
    reply_word(r, text);
}

struct outgoing
{
    struct outgoing *next;
    int fds[REPLY_MAX_FDS], fd_count;
    size_t length;
    char bytes[];
};

void outbox_initialize(struct outbox *o)
{
    *o = (struct outbox){.last = &o->first};
}

static void drop_first(struct outbox *o)
{
    struct outgoing *first = o->first;
    o->first = first->next;
    if (!o->first)
        o->last = &o->first;
    o->count--;
    for (int i = 0; i < first->fd_count; i++)
        close(first->fds[i]);
    free(first);
}

void outbox_clear(struct outbox *o)
{
    while (o->first)
        drop_first(o);
}

static int send_now(int socket, const char *bytes, size_t length, const int *fds, int fd_count)
{
    union
    {
        char bytes[CMSG_SPACE(REPLY_MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(char *)bytes, length};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0)
    {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
    }
    return sendmsg(socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int outbox_send(struct outbox *o, int socket, const struct reply *r, const int *fds, int fd_count)
{
    if (!o->first && send_now(socket, r->bytes, r->length, fds, fd_count) == 0)
        return 0;
    if ((!o->first && errno != EAGAIN) || o->count == OUTBOX_MAX)
        return -1;
    struct outgoing *waiting = malloc(sizeof *waiting + r->length);
    if (!waiting)
        return -1;
    *waiting = (struct outgoing){.length = r->length};
    memcpy(waiting->bytes, r->bytes, r->length);
    *o->last = waiting;
    o->last = &waiting->next;
    o->count++;
    for (; waiting->fd_count < fd_count; waiting->fd_count++)
        if ((waiting->fds[waiting->fd_count] = fcntl(fds[waiting->fd_count], F_DUPFD_CLOEXEC, 3)) < 0)
            return -1;
    return 0;
}

int outbox_flush(struct outbox *o, int socket)
{
    while (o->first)
    {
        if (send_now(socket, o->first->bytes, o->first->length, o->first->fds, o->first->fd_count) < 0)
            return errno == EAGAIN ? 0 : -1;
        drop_first(o);
    }
    return 0;
}

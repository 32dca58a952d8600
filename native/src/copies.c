#define _GNU_SOURCE
#include "copies.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop(struct copy **at)
{
    struct copy *c = *at;
    *at = c->next;
    close(c->fd);
    free(c);
}

void copies_write(struct copy **copies, const char *data, size_t length)
{
    while (*copies)
        if (send((*copies)->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length)
            copies = &(*copies)->next;
        else
            drop(copies);
}

void copies_add(struct copy **copies, int fd, const struct log_stream *stream)
{
    struct copy *c = malloc(sizeof *c);
    if (!c)
    {
        close(fd);
        return;
    }
    // Those that have gone from a stream on which nothing comes are not noticed otherwise.
    copies_write(copies, "", 0);
    *c = (struct copy){NULL, fd};
    if (stream)
        copies_write(&c, stream->line, stream->length);
    if (!c)
        return;
    c->next = *copies;
    *copies = c;
}

void copies_end(struct copy **copies)
{
    char byte;
    while (*copies)
    {
        // Without it that is no end but a break, as which it would be seen.
        ssize_t got = recv((*copies)->fd, &byte, 1, MSG_DONTWAIT);
        (void)got;
        drop(copies);
    }
}

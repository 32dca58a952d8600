// Those who are attached to a stream, and get a copy of it over a stream socket of their own. Who does not take all of a piece at once is
// cut off: nobody waits for it. How it ended is told by the socket itself, into whose other end a byte was written: that byte is read
// when the stream has come to its end, and otherwise the other end finds its connection reset (unix(7)).
#pragma once
#include "logs.h"

struct copy
{
    struct copy *next;
    int fd;
};

// Takes the socket over; it gets what the stream has of a line that is not ended yet.
void copies_add(struct copy **copies, int fd, const struct log_stream *stream);
void copies_write(struct copy **copies, const char *data, size_t length);
// The stream has come to its end.
void copies_end(struct copy **copies);

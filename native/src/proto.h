// Packets between daemon and shim: NUL-terminated words in SOCK_SEQPACKET messages of at most 4096 bytes.
#pragma once
#include "util.h"

#define PACKET_MAX 4096
#define PACKET_MAX_WORDS 8
#define PACKET_MAX_FDS 253 // the kernel's SCM_MAX_FD

struct packet
{
    char bytes[PACKET_MAX + 1];
    size_t length;
    const char *words[PACKET_MAX_WORDS];
    int word_count;
    int fds[PACKET_MAX_FDS];
    int fd_count;
};

// 1: a packet; 0: the peer has gone; -1: nothing now (EAGAIN) or a broken packet, with errno (EBADMSG, EMSGSIZE, …).
// On -1 no descriptor is left open.
int packet_receive(int socket, struct packet *p);
void packet_close_fds(struct packet *p);
// Cuts p->bytes into words; false unless it is one or more whole words.
bool packet_split(struct packet *p);

// Builds outgoing packets. A word that does not fit is cut: only explanatory text is ever that long.
#define REQUEST_MAX 33

// A request whose answer comes later. It belongs to one connection: the next one does not get it.
struct pending
{
    uint64_t connection;
    char id[REQUEST_MAX];
};

struct reply
{
    char bytes[PACKET_MAX];
    size_t length;
};

void reply_start(struct reply *r, const char *kind, const char *id);
void reply_word(struct reply *r, const char *word);
void reply_number(struct reply *r, int64_t number);

// What could not be sent at once, in order, bounded. A peer that does not read is cut off: it learns all again by `list`.
struct outgoing;
struct outbox
{
    struct outgoing *first, **last;
    size_t count;
};

void outbox_initialize(struct outbox *o);
void outbox_clear(struct outbox *o);
// 0: sent or queued; -1: the connection is to be dropped. Takes none of the descriptors (they are duplicated when queued).
int outbox_send(struct outbox *o, int socket, const struct reply *r, const int *fds, int fd_count);
int outbox_flush(struct outbox *o, int socket);

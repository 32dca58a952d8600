// insula-copy: reads or writes a tree of files for `insula cp`. The shim runs it inside a container, with its root, rights and limits;
// the command line runs it at the other end.
// The tree travels as records, each a name of one component, so that no record can lead out of the directory that is open.
#pragma once
#include "../src/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COPY_MAGIC "insula-copy 1\n"
#define COPY_MAGIC_LENGTH (sizeof COPY_MAGIC - 1)
#define COPY_HEADER 13    // kind, mode (2), length of the name (2), size (8), the low byte first
#define COPY_MAX_NAME 255 // NAME_MAX
#define COPY_MAX_LINK 4095
#define COPY_MAX_DEPTH 128 // each level holds a descriptor

enum copy_kind
{
    COPY_FILE = 'f',      // `size` bytes follow
    COPY_DIRECTORY = 'd', // what follows is in it, up to …
    COPY_UP = 'u',        // … this
    COPY_LINK = 'l',      // `size` bytes of its target follow
    COPY_END = 'z',       // all has been told
};

struct copy_header
{
    char kind;
    uint16_t mode; // rwx of user, group and others
    uint64_t size;
    char name[COPY_MAX_NAME + 1]; // empty for what was asked for itself
};

enum copy_result
{
    COPY_DONE = 0,
    COPY_PARTLY = 1, // something could not be read or made, which was said
    COPY_BROKEN = 2, // the stream is no tree of files, or ended early
};

// stream.c
bool copy_write(int fd, const void *bytes, size_t length);
// False at the end, too.
bool copy_read(int fd, void *bytes, size_t length);
bool copy_put(int fd, char kind, unsigned mode, uint64_t size, const char *name);
// False for a record that is malformed, and at the end.
bool copy_get(int fd, struct copy_header *header);
// On standard error: what could not be done, where, and why.
void copy_say(const char *what, const char *path, int err);

// send.c: PATH as records; a link in its last place is followed, those below are told as links.
int copy_send(const char *path, int out);

// receive.c: records as PATH, or as NAME in PATH where that is a directory and NAME not empty. Below, no link is followed, and
// with `contained` none is made that leads out of the tree.
int copy_receive(const char *path, const char *name, bool contained, int in);

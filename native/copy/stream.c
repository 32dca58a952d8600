#define _GNU_SOURCE
#include "copy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool copy_write(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length)
    {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

bool copy_read(int fd, void *bytes, size_t length)
{
    char *at = bytes;
    while (length)
    {
        ssize_t got = read(fd, at, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        length -= (size_t)got;
    }
    return true;
}

bool copy_put(int fd, char kind, unsigned mode, uint64_t size, const char *name)
{
    size_t length = strlen(name);
    unsigned char record[COPY_HEADER + COPY_MAX_NAME];
    if (length > COPY_MAX_NAME)
        return false;
    record[0] = (unsigned char)kind;
    record[1] = (unsigned char)(mode & 0xff);
    record[2] = (unsigned char)((mode & 0777) >> 8);
    record[3] = (unsigned char)length;
    record[4] = 0;
    for (int i = 0; i < 8; i++)
        record[5 + i] = (unsigned char)(size >> (8 * i));
    memcpy(record + COPY_HEADER, name, length);
    return copy_write(fd, record, COPY_HEADER + length);
}

// One component, and none that leads anywhere else.
static bool is_name(const char *name, size_t length)
{
    if (weak("copy-names"))
        return true;
    if (memchr(name, '/', length) || memchr(name, '\0', length))
        return false;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool copy_get(int fd, struct copy_header *header)
{
    unsigned char record[COPY_HEADER];
    if (!copy_read(fd, record, sizeof record))
        return false;
    size_t length = (size_t)(record[3] | record[4] << 8);
    header->kind = (char)record[0];
    header->mode = (uint16_t)(record[1] | record[2] << 8);
    header->size = 0;
    for (int i = 0; i < 8; i++)
        header->size |= (uint64_t)record[5 + i] << (8 * i);
    if (length > COPY_MAX_NAME || header->mode > 0777 || !copy_read(fd, header->name, length))
        return false;
    header->name[length] = '\0';
    switch (header->kind)
    {
    case COPY_FILE:
        return header->size <= INT64_MAX && is_name(header->name, length);
    case COPY_LINK:
        return header->size > 0 && header->size <= COPY_MAX_LINK && length > 0 && is_name(header->name, length);
    case COPY_DIRECTORY:
        return header->size == 0 && is_name(header->name, length);
    case COPY_UP:
    case COPY_END:
        return header->size == 0 && length == 0;
    default:
        return false;
    }
}

void copy_say(const char *what, const char *path, int err)
{
    char line[8192];
    const char *const parts[] = {what, path, err ? ": " : "", err ? strerror(err) : "", "\n"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
        size_t part = strnlen(parts[i], sizeof line - 1 - length);
        memcpy(line + length, parts[i], part);
        length += part;
    }
    (void)copy_write(2, line, length); // nobody else could be told
}

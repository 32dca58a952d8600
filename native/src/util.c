#define _GNU_SOURCE
#include "util.h"
#include "format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int fail_set(struct fail *f, const char *step, int err, const char *format, ...)
{
    va_list arguments;
    f->err = err;
    text_format(f->step, sizeof f->step, "%s", step);
    va_start(arguments, format);
    text_format_list(f->text, sizeof f->text, format, arguments);
    va_end(arguments);
    return -1;
}

#ifdef WEAK
bool weak(const char *defence)
{
    const char *named = getenv("INSULA_WEAK");
    return named && strcmp(named, defence) == 0;
}
#endif

void close_fd(int *fd)
{
    // Cleanups run between a failed call and the report of its errno.
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

bool parse_u64(const char *text, unsigned base, uint64_t max, uint64_t *value)
{
    uint64_t result = 0;
    if (!*text)
        return false;
    for (; *text; text++)
    {
        unsigned digit;
        if (*text >= '0' && *text <= '9')
            digit = (unsigned)(*text - '0');
        else if (*text >= 'a' && *text <= 'f')
            digit = (unsigned)(*text - 'a') + 10;
        else if (*text >= 'A' && *text <= 'F')
            digit = (unsigned)(*text - 'A') + 10;
        else
            return false;
        if (digit >= base || result > (UINT64_MAX - digit) / base)
            return false;
        result = result * base + digit;
    }
    if (result > max)
        return false;
    *value = result;
    return true;
}

const char *find_text(const char *text, const char *part)
{
    while (*text && strncmp(text, part, strlen(part)) != 0)
        text++;
    return *text ? text : NULL;
}

bool parse_i32(const char *text, int32_t min, int32_t max, int32_t *value)
{
    bool negative = *text == '-';
    uint64_t magnitude;
    if (!parse_u64(text + negative, 10, INT32_MAX, &magnitude))
        return false;
    int64_t result = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (result < min || result > max)
        return false;
    *value = (int32_t)result;
    return true;
}

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t now_realtime(void)
{
    return now(CLOCK_REALTIME);
}

int64_t now_monotonic(void)
{
    return now(CLOCK_MONOTONIC);
}

// What every file needs: errors that carry their step, scoped descriptors, strict numbers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A step that failed: its short name (a single word, part of the protocol), its errno, and what it was about.
struct fail
{
    int err;
    char step[32];
    char text[152];
};

// Fills *f and returns -1, so that a caller can write `return fail_set(...)`.
__attribute__((format(printf, 4, 5))) int fail_set(struct fail *f, const char *step, int err, const char *format, ...);

// Whether a test build does without a defence (INSULA_WEAK names it), to show that the defence's test notices: tests/weak.sh.
// Everywhere else this is false at compile time, and nothing of it is left.
#ifdef WEAK
bool weak(const char *defence);
#else
#define weak(defence) false
#endif

void close_fd(int *fd);
#define cleanup_fd __attribute__((cleanup(close_fd)))

// Hands the descriptor over to the caller: the scoped variable forgets it.
static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

// Whole string or nothing: no sign, blank, prefix or overflow passes.
bool parse_u64(const char *text, unsigned base, uint64_t max, uint64_t *value);
// strstr(3) for few bytes.
const char *find_text(const char *text, const char *part);
bool parse_i32(const char *text, int32_t min, int32_t max, int32_t *value);

// CLOCK_REALTIME in nanoseconds since 1970.
int64_t now_realtime(void);
int64_t now_monotonic(void);

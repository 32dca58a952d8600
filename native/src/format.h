// Formatting without libc's printf: that is a sixth of the whole program (floating point, wide characters, streams), and
// children made by raw clone should touch as little of libc as can be.
#pragma once
#include <stdarg.h>
#include <stddef.h>

// Knows %s %.Ns %.*s %d %u %x %o %zu %lld %llu and %%. Always ends with a NUL; returns the length the whole text has,
// as snprintf does.
__attribute__((format(printf, 3, 4))) int text_format(char *buffer, size_t size, const char *format, ...);
int text_format_list(char *buffer, size_t size, const char *format, va_list arguments);
// Writes one line to standard error.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

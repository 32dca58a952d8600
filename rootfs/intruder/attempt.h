// One attempt is made in a process of its own, so that none harms the next, and ends as a line "RESULT<TAB>NAME": the result is
// "ok" or the symbol of the errno, or of the signal that ended it.
#pragma once
#include <errno.h>

// In the child: 0, make the attempt and call attempt_end. In the parent, after its end: not 0.
int attempt_begin(const char *name);
_Noreturn void attempt_end(int error);

// Prints a line for what needs no process of its own.
void attempt_tell(const char *result, const char *name);
const char *errno_symbol(int error);

// EXPRESSION is a system call: -1 and errno when it is refused.
#define TRY(name, expression)                                  \
    do                                                         \
    {                                                          \
        if (attempt_begin(name) == 0)                          \
            attempt_end((long)(expression) == -1 ? errno : 0); \
    } while (0)

// What is there, and how it is refused once it is there, depends on the kernel's version and configuration.
#define TRY_IF_BUILT(name, expression) TRY("~" name, expression)

void try_calls(void);
void try_files(void);
void try_devices(void);
void try_sockets(void);

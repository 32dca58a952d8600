// A test is a function; a failed check ends it. main() prints `N passed, N failed` last.
#pragma once
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

struct test
{
    const char *name;
    void (*run)(void);
};

extern jmp_buf check_failed;
// Called after a failed test, to end what it left running.
extern void (*check_cleanup)(void);
// `sets` ends with NULL, each set with a nameless test. An argument runs only the tests whose names contain it.
int check_run(const struct test *const *sets, int argc, char **argv);

#define CHECK(condition, ...)                                        \
    do                                                               \
    {                                                                \
        if (!(condition))                                            \
        {                                                            \
            printf("  %s:%d: %s: ", __FILE__, __LINE__, #condition); \
            printf(" " __VA_ARGS__);                                 \
            printf("\n");                                            \
            longjmp(check_failed, 1);                                \
        }                                                            \
    } while (0)
#define CHECK_TEXT(actual, expected) CHECK(strcmp(actual, expected) == 0, "is '%s', expected '%s'", actual, expected)

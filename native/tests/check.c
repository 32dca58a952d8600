#include "check.h"

#include <string.h>

jmp_buf check_failed;
void (*check_cleanup)(void);

// Alone, so that no variable of the loop lives across the jump.
static bool run_one(const struct test *test)
{
    if (setjmp(check_failed))
        return false;
    test->run();
    return true;
}

int check_run(const struct test *const *sets, int argc, char **argv)
{
    int passed = 0, failed = 0;
    for (; *sets; sets++)
        for (const struct test *test = *sets; test->name; test++)
        {
            if (argc > 1 && !strstr(test->name, argv[1]))
                continue;
            if (run_one(test))
                passed++;
            else
            {
                printf("FAILED %s\n", test->name);
                failed++;
                if (check_cleanup)
                    check_cleanup();
            }
            fflush(stdout);
        }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

// Fuzzing entry: any bytes as a plan. With FUZZ_MAIN it is a program of its own that mutates a good plan for a number of rounds,
// for machines without a fuzzer.
#define _GNU_SOURCE
#include "../src/plan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum plan_kind kinds[] = {PLAN_SANDBOX, PLAN_CONTAINER, PLAN_EXEC};
    for (int i = 0; i < 3; i++)
    {
        struct plan plan;
        struct fail f;
        if (plan_parse(&plan, kinds[i], (const char *)data, size, 4, &f) == 0)
            plan_free(&plan);
    }
    return 0;
}

#ifdef FUZZ_MAIN
#include <stdio.h>

static const char process[] = "--cwd\0/\0--umask\0"
                              "022\0--uid\0"
                              "0\0--gid\0"
                              "0\0--groups\0"
                              "1,2\0--caps\0"
                              "1\0001\0001\0001\0001\0--no-new-privs\0001\0--seccomp\0none\0--seccomp-flags\0002\0--lsm\0exec\0a:b\0--"
                              "identity\0001\0--oom-score-adj\0-5\0--rlimit\0NOFILE\0"
                              "1\0unlimited\0--env\0A=B\0--arg\0sh\0";
static const char container[] =
    "--version\0001\0--pid\0private\0--cgroup\0-\0--cgroup-tasks\0001\0--cgroupns\0new\0--lower\0/layers/a\0--upper\0/pod/u\0--work\0/pod/"
    "w\0--overlay-volatile\0001\0--rootfs-readonly\0000\0"
    "--proc\0/proc\0--sysfs\0/sys\0ro\0--tmpfs\0/t\0001\0001777\0nosuid\0--bind\0/pod/a\0/b\0ro,create-dir\0slave\0--bind-fd\0001\0/"
    "c\0-\0shared\0--device\0/dev/f\0c\0001\0002\000666\0000\0000\0--mask\0/m\0--readonly\0/r\0--log\0/pod/"
    "l\00010\0002\0--stdin\0001\0--tty\0001\0";

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 100000;
    size_t length = sizeof container - 1 + sizeof process - 1 + sizeof "--end";
    char *good = malloc(length), *input = malloc(2 * length);
    memcpy(good, container, sizeof container - 1);
    memcpy(good + sizeof container - 1, process, sizeof process - 1);
    memcpy(good + length - sizeof "--end", "--end", sizeof "--end");
    struct plan plan;
    struct fail f;
    if (plan_parse(&plan, PLAN_CONTAINER, good, length, 4, &f) < 0)
    {
        printf("the seed is refused: %s\n0 passed, 1 failed\n", f.text);
        return 1;
    }
    plan_free(&plan);
    srand(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
    for (long i = 0; i < rounds; i++)
    {
        size_t size = length;
        memcpy(input, good, length);
        for (int changes = 1 + rand() % 4; changes > 0 && size > 1; changes--)
        {
            size_t at = (size_t)rand() % size;
            switch (rand() % 4)
            {
            case 0:
                input[at] = (char)rand();
                break;
            case 1:
                input[at] = "\0-,/.0919"[rand() % 9];
                break;
            case 2: // cut out a piece
            {
                size_t piece = (size_t)rand() % (size - at);
                memmove(input + at, input + at + piece, size - at - piece);
                size -= piece;
                break;
            }
            default:
                size = at + 1;
                break;
            }
        }
        char *exact = malloc(size ? size : 1);
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput((const uint8_t *)exact, size);
        free(exact);
    }
    free(good);
    free(input);
    printf("1 passed, 0 failed\n");
    return 0;
}
#endif

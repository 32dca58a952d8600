// What somebody tries who runs programs in a container: see the functions for what each word does.
#define _GNU_SOURCE
#include "intruder.h"
#include "attempt.h"

#include <stdio.h>
#include <string.h>

static int attempts(void)
{
    try_calls();
    try_files();
    try_devices();
    try_sockets();
    return 0;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "attempts") == 0 && argc == 2)
        return attempts();
    if (strcmp(word, "unix-sockets") == 0 && argc == 2)
        return connect_to_all();
    if (strcmp(word, "processes") == 0 && argc == 3)
        return reach_processes(argv[2]);
    if (strcmp(word, "overwrite") == 0 && argc == 2)
        return overwrite_programs();
    if (strcmp(word, "status") == 0 && argc == 2)
        return show_status();
    if (strcmp(word, "exchange") == 0 && argc == 4)
        return exchange(argv[2], argv[3]);
    fprintf(stderr, "usage: intruder attempts | status | unix-sockets | processes FILE | overwrite | exchange PATH PATH\n");
    return 2;
}

#define _GNU_SOURCE
#include "copy.h"

#include <string.h>
#include <sys/prctl.h>

static const char help[] = "insula-copy: reads or writes a tree of files for `insula cp`, inside a container.\n"
                           "\n"
                           "  insula-copy send PATH            the tree at PATH, to standard output\n"
                           "  insula-copy receive PATH NAME    from standard input, as PATH, or as NAME in PATH where that is a directory\n"
                           "  insula-copy receive-contained PATH NAME\n"
                           "                                   the same, without the links that lead out of it\n";

int main(int argc, char **argv)
{
    prctl(PR_SET_NAME, "insula-copy", 0, 0, 0);
    if (argc == 3 && strcmp(argv[1], "send") == 0)
        return copy_send(argv[2], 1);
    if (argc == 4 && strcmp(argv[1], "receive") == 0)
        return copy_receive(argv[2], argv[3], false, 0);
    if (argc == 4 && strcmp(argv[1], "receive-contained") == 0)
        return copy_receive(argv[2], argv[3], true, 0);
    (void)copy_write(2, help, sizeof help - 1);
    return COPY_BROKEN;
}

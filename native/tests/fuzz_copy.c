// Fuzzing entry: any bytes as the records of a tree, in a directory that has links out of it.
#define _GNU_SOURCE
#include "../copy/copy.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char home[] = "/tmp/insula-fuzz-copy-XXXXXX";
    int in = memfd_create("records", MFD_CLOEXEC);
    if (in < 0 || !copy_write(in, COPY_MAGIC, COPY_MAGIC_LENGTH) || !copy_write(in, data, size) || lseek(in, 0, SEEK_SET) < 0 ||
        !mkdtemp(home) || chdir(home) < 0)
        abort();
    int null = open("/dev/null", O_WRONLY), kept = dup(2);
    if (mkdir("target", 0755) < 0 || mkdir("outside", 0700) < 0 || symlink("../outside", "target/a") < 0 ||
        symlink("../outside/f", "target/b") < 0)
        abort();
    dup2(null, 2);
    copy_receive("target", "", size % 2, in);
    dup2(kept, 2);
    // It is empty still.
    if (rmdir("outside") < 0)
        abort();
    close(null);
    close(kept);
    close(in);
    if (nftw("target", remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 || chdir("/") < 0 || rmdir(home) < 0)
        abort();
    return 0;
}

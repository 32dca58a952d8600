// What a container finds mounted: its root, layers, mounts, devices, and what is hidden of them.
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void roots_are_writable_or_not(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w,
        (struct spec){.script = "touch /x && echo written; ls /pod /layers /rootfs /null /empty 2>/dev/null; grep -c '^[^ ]* [^ ]* [^ ]* "
                                "[^ ]* / ' /proc/self/mountinfo"},
        "written\n1\n");
    expect(&w, (struct spec){.script = "touch /x 2>/dev/null || echo refused; touch /dev/shm/x && echo written", .readonly = true},
        "refused\nwritten\n");
    // A working directory that the image lacks is made, also below a read-only root.
    expect(&w, (struct spec){.script = "pwd", .cwd = "/srv/deep", .readonly = true}, "/srv/deep\n");
    world_close(&w);
}

static void layers_are_stacked_in_order(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    CHECK(mkdir(world_path(&w, "layers/top"), 0755) == 0);
    world_file(&w, "layers/top/which", "top\n");
    world_file(&w, "layers/base/which", "base\n");
    expect(&w, (struct spec){.script = "cat /which", .lower = "/layers/top"}, "top\n");
    // As many as an image may have: their options must fit into a page.
    const char *extra[2 * 126 + 1] = {0};
    static char names[126][24];
    for (int i = 0; i < 126; i++)
    {
        snprintf(names[i], sizeof names[i], "/layers/l%d", i);
        CHECK(mkdir(world_path(&w, "%s", names[i] + 1), 0755) == 0);
        extra[2 * i] = "--lower";
        extra[2 * i + 1] = names[i];
    }
    world_file(&w, "layers/l125/bottom", "bottom\n");
    expect(&w, (struct spec){.script = "cat /which /bottom", .extra = extra}, "base\nbottom\n");
    world_close(&w);
}

static void mounts_of_all_kinds(void)
{
    struct world w;
    world_open(&w, "private", (const char *const[]){"--memory-volume", "mem", "65536", "1777", "7", NULL}, NULL, 0);
    CHECK(mkdir(world_path(&w, "pod/volumes/v"), 0755) == 0 && mkdir(world_path(&w, "outside"), 0755) == 0);
    world_file(&w, "outside/file", "from outside\n");
    world_file(&w, "pod/volumes/v/file", "from the volume\n");
    struct spec s = {
        .mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", "--bind", "/pod/volumes/v", "/data", "create-dir,noexec",
            "private", "--bind", "/volumes/mem", "/mem", "create-dir", "private", "--bind-fd", "0", "/etc/file", "ro,create-file",
            "private", "--bind-fd", "1", "/out", "rro,create-dir,nosuid", "slave", "--tmpfs", "/scratch", "8192", "0700", "nodev", NULL},
        .script = "cat /data/file /etc/file /out/file; echo w > /data/new; echo m > /mem/kept; (echo x > /etc/file) 2>/dev/null || echo "
                  "ro; (echo x > /out/file) 2>/dev/null || echo ro; "
                  "dd if=/bin/busybox of=/scratch/big 2>/dev/null || echo full; stat -c %a /scratch; cp /bin/busybox /data/b; /data/b true "
                  "2>/dev/null || echo noexec; grep -cE ' (/data|/out) .*(noexec|nosuid)' /proc/self/mountinfo",
        .fds = {detached(world_path(&w, "outside/file")), detached(world_path(&w, "outside"))},
        .fd_count = 2,
    };
    expect(&w, s, "from the volume\nfrom outside\nfrom outside\nro\nro\nfull\n700\nnoexec\n2\n");
    close(s.fds[0]);
    close(s.fds[1]);
    // Memory volumes live as long as the pod, and no longer than their size.
    expect(&w,
        (struct spec){
            .mounts = (const char *const[]){"--bind", "/volumes/mem", "/mem", "ro,create-dir", "private", NULL}, .script = "cat /mem/kept"},
        "m\n");
    char *content = read_file(world_path(&w, "pod/volumes/v/new"));
    CHECK_TEXT(content, "w\n");
    free(content);
    struct spec missing = {
        .mounts = (const char *const[]){"--bind", "/pod/volumes/v", "/nonesuch", "-", "private", NULL}, .script = "true"};
    struct message *m = start(&w, &missing);
    CHECK(strcmp(m->words[2], "path") == 0 && atoi(m->words[3]) == ENOENT, "%s", text(m));
    world_close(&w);
}

static void devices(void)
{
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w,
        (struct spec){.script = "stat -c '%n %t:%T %a %u:%g' /dev/null /dev/tty /dev/extra; readlink /dev/fd; readlink /dev/ptmx; echo x > "
                                "/dev/null; head -c 2 /dev/zero | wc -c; ls /dev/pts",
            .extra = (const char *const[]){"--device", "/dev/extra", "c", "1", "3", "0640", "7", "8", "--device", "/dev/null", "c", "1",
                "3", "0666", "0", "0", NULL}},
        "/dev/null 1:3 666 0:0\n/dev/tty 5:0 666 0:0\n/dev/extra 1:3 640 7:8\n/proc/self/fd\npts/ptmx\n2\nptmx\n");
    world_close(&w);
}

static void masks_and_readonly_paths(void)
{
    static const char *const extra[] = {"--mask", "/proc/version", "--mask", "/proc/fs", "--mask", "/proc/nonesuch", "--readonly",
        "/proc/sys", "--readonly", "/tmp", "--readonly", "/nonesuch", NULL};
    static const char script[] = "wc -c < /proc/version\n"
                                 "ls /proc/fs | wc -l\n"
                                 "stat -c %t:%T /proc/version\n"
                                 "touch /proc/fs/x 2>/dev/null || echo masked\n"
                                 "(echo 1 > /proc/sys/vm/drop_caches) 2>/dev/null || echo readonly\n"
                                 "touch /tmp/x 2>/dev/null || echo readonly\n"
                                 "ls -d /proc/nonesuch 2>/dev/null\n"
                                 "grep -cE ' /proc/(fs|version) .*ro' /proc/self/mountinfo\n";
    struct world w;
    world_open(&w, "private", NULL, NULL, 0);
    expect(&w, (struct spec){.script = script, .extra = extra}, "0\n0\n1:3\nmasked\nreadonly\nreadonly\n2\n");
    world_close(&w);
}

static void propagation_stays_inside(void)
{
    struct world w;
    char name[32], script[160], *host;
    world_open(&w, "private", NULL, NULL, 0);
    snprintf(name, sizeof name, "inner-%d", getpid());
    snprintf(script, sizeof script, "mount -t tmpfs %s /tmp && mount -t tmpfs %s /data && echo mounted", name, name);
    struct spec s = {.caps = "1fffeffffff",
        .privileges = true,
        .script = script,
        .mounts = (const char *const[]){"--proc", "/proc", "--bind", "/pod/volumes", "/data", "create-dir", "private", NULL}};
    expect(&w, s, "mounted\n");
    host = read_file("/proc/self/mountinfo");
    CHECK(!strstr(host, name), "a container's mount came out");
    free(host);
    world_close(&w);
}

const struct test rootfs_tests[] = {
    {"roots are writable or not", roots_are_writable_or_not},
    {"layers are stacked in order", layers_are_stacked_in_order},
    {"mounts of all kinds", mounts_of_all_kinds},
    {"devices", devices},
    {"masks and readonly paths", masks_and_readonly_paths},
    {"propagation stays inside", propagation_stays_inside},
    {0},
};

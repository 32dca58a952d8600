// Mounts that come and go while containers run.
#define _GNU_SOURCE
#include "world.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct test propagation_tests[];

static void open_shared(struct world *w)
{
    CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "root is needed");
    world_open(w, "private", NULL, NULL, 0);
    command("cd %s && mkdir shared && mount -t tmpfs shared shared && mount --make-shared shared && mkdir shared/sub", w->dir);
}

static void close_shared(struct world *w)
{
    command("umount -R %s/shared", w->dir);
    world_close(w);
}

static struct message *start_with(struct world *w, struct spec *s, const char *propagation)
{
    const char *const mounts[] = {"--proc", "/proc", "--bind-fd", "0", "/data", "create-dir", propagation, NULL};
    s->mounts = mounts;
    s->fds[0] = detached(world_path(w, "shared"));
    s->fd_count = 1;
    struct message *m = start(w, s);
    close(s->fds[0]);
    return m;
}

static void the_hosts_mounts_come_in_when_asked_for(void)
{
    struct world w;
    open_shared(&w);
    struct spec slave = {.id = "slave", .script = "until test -e /data/sub/file; do sleep 0.02; done; exit 4"};
    struct spec private = {.id = "private", .script = "until test -e /data/done; do sleep 0.02; done; test ! -e /data/sub/file"};
    CHECK(ok(start_with(&w, &slave, "slave")));
    CHECK(ok(start_with(&w, &private, "private")));
    command("cd %s/shared && mount -t tmpfs inner sub && touch sub/file", w.dir);
    struct message e = world_event(&w, "exit", "slave");
    CHECK(strcmp(e.words[4], "4") == 0, "%s", text(&e));
    command("touch %s/shared/done", w.dir);
    e = world_event(&w, "exit", "private");
    CHECK(strcmp(e.words[4], "0") == 0, "%s", text(&e));
    close_shared(&w);
}

static void the_containers_mounts_go_out_when_asked_for(void)
{
    static const char *const words[] = {"private", "slave", "shared"};
    struct world w;
    struct stat st;
    open_shared(&w);
    for (int i = 0; i < 3; i++)
    {
        struct spec s = {.id = words[i],
            .caps = "1fffeffffff",
            .privileges = true,
            .script = "mount -t tmpfs inner /data/sub && touch /data/sub/file && exit 3"};
        CHECK(ok(start_with(&w, &s, words[i])));
        struct message e = world_event(&w, "exit", words[i]);
        CHECK(strcmp(e.words[4], "3") == 0, "%s", text(&e));
        bool out = stat(world_path(&w, "shared/sub/file"), &st) == 0;
        CHECK(out == (i == 2), "%s", words[i]);
    }
    close_shared(&w);
}

const struct test propagation_tests[] = {
    {"propagation: the host's mounts come in when asked for", the_hosts_mounts_come_in_when_asked_for},
    {"propagation: the container's mounts go out when asked for", the_containers_mounts_go_out_when_asked_for},
    {0},
};

// Files of pods with a user namespace of their own: who owns them inside and outside, what is locked, and what is refused.
#define _GNU_SOURCE
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

extern const struct test users_files_tests[];

#define ALL_CAPS "1fffeffffff"
#define GET_USERNS 0xb701 // ioctl_ns(2)

static void owned_by(const struct world *w, const char *path, unsigned uid, unsigned gid)
{
    struct stat st;
    CHECK(lstat(world_path(w, "%s", path), &st) == 0, "%s: %s", path, strerror(errno));
    CHECK(st.st_uid == uid && st.st_gid == gid, "%s is %u:%u, not %u:%u", path, st.st_uid, st.st_gid, uid, gid);
}

// What has no owner in the pod could be acted on by nobody in it.
static void everything_belongs_to_it(void)
{
    struct world w;
    struct stat user, owner, ns;
    char path[64];
    for (int i = 0; i < 2; i++)
    {
        const char *mode = i ? "pod" : "private";
        open_users(&w, mode, NULL);
        struct message *m = world_ask(&w, NULL, 0, "namespaces");
        CHECK(ok(m) && strcmp(m->words[m->count - 1], "user") == 0, "%s", text(m));
        CHECK(fstat(m->fds[m->fd_count - 1], &user) == 0);
        for (int n = 0; n < m->fd_count; n++)
            close(m->fds[n]);
        pid_t pid = start_sleeper(&w, "s.0", mode);
        snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
        CHECK(stat(path, &ns) == 0, "%s: %s", path, strerror(errno));
        CHECK(ns.st_ino == user.st_ino, "%lu, not %lu", (unsigned long)ns.st_ino, (unsigned long)user.st_ino);
        for (const char *name = "net\0ipc\0uts\0mnt\0pid\0cgroup\0"; *name; name += strlen(name) + 1)
        {
            snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
            int fd = open(path, O_RDONLY | O_CLOEXEC), of = fd < 0 ? -1 : ioctl(fd, GET_USERNS);
            CHECK(of >= 0 && fstat(of, &owner) == 0, "%s: %s", name, strerror(errno));
            CHECK(owner.st_ino == user.st_ino, "%s namespace belongs to another", name);
            close(of);
            close(fd);
        }
        end(&w, "s.0");
        world_close(&w);
    }
}

static void files_have_their_owners(void)
{
    struct world w;
    open_users(&w, "private", (const char *const[]){"--memory-volume", "mem", "65536", "755", "7", NULL});
    command("cd %s && mkdir layers/base/var pod/volumes/mapped pod/volumes/plain && touch layers/base/var/web layers/base/var/lost && "
            "chown 33:34 layers/base/var/web && chown 70000:70000 layers/base/var/lost && touch pod/volumes/plain/file",
        w.dir);
    struct spec s = {.script = "s() { stat -c '%n %u:%g' \"$@\"; }; s / /bin /var/web /var/lost /srv /srv/deep /made /made/v /mem /dev "
                               "/dev/null /dev/shm /dev/pts /dev/pts/ptmx /dev/mqueue /mapped /plain /plain/file; touch /new /var/web "
                               "/mapped/new /mem/new && chown 33:34 /new && s /mapped/new; touch /plain/new 2>/dev/null || echo refused",
        .cwd = "/srv/deep",
        .readonly = false,
        .mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", "--devpts", "/dev/pts", "--mqueue", "/dev/mqueue", "--tmpfs",
            "/dev/shm", "65536", "755", "-", "--bind", "/volumes/mem", "/made/v", "create-dir", "private", "--bind", "/volumes/mem", "/mem",
            "create-dir", "private", "--bind", "/pod/volumes/mapped", "/mapped", "create-dir,idmap", "private", "--bind",
            "/pod/volumes/plain", "/plain", "create-dir", "private", NULL}};
    struct message *m = start(&w, &s);
    CHECK(ok(m), "%s", text(m));
    world_event(&w, "exit", "c.0");
    char *output = world_log(&w, "c.0");
    CHECK_TEXT(output, "/ 0:0\n/bin 0:0\n/var/web 33:34\n/var/lost 65534:65534\n/srv 0:0\n/srv/deep 0:0\n/made 0:0\n/made/v 0:7\n/mem "
                       "0:7\n/dev 0:0\n/dev/null 0:0\n/dev/shm 0:0\n/dev/pts 0:0\n/dev/pts/ptmx 0:0\n/dev/mqueue 0:0\n/mapped "
                       "0:0\n/plain 65534:65534\n/plain/file 65534:65534\n/mapped/new 0:0\nrefused\n");
    free(output);
    owned_by(&w, "pod/containers/c.0/upper", FIRST, FIRST);
    owned_by(&w, "pod/containers/c.0/upper/new", FIRST + 33, FIRST + 34);
    owned_by(&w, "pod/containers/c.0/upper/var/web", FIRST + 33, FIRST + 34);
    owned_by(&w, "pod/containers/c.0/upper/srv/deep", FIRST, FIRST);
    owned_by(&w, "layers/base/var/web", 33, 34);
    owned_by(&w, "pod/volumes/mapped/new", 0, 0);
    forget(&w, "c.0");
    world_close(&w);
}

// Capabilities of a file in an image are those of the pod's root.
static void file_capabilities_count_inside(void)
{
    // struct vfs_cap_data, version 2: net_raw permitted, effective.
    static const unsigned char net_raw[20] = {1, 0, 0, 2, 0, 0x20, 0, 0};
    struct world w;
    open_users(&w, "private", NULL);
    command("cd %s/layers/base/bin && rm grep && cp busybox grep", w.dir);
    CHECK(setxattr(world_path(&w, "layers/base/bin/grep"), "security.capability", net_raw, sizeof net_raw, 0) == 0);
    struct spec s = {.argv = (const char *const[]){"/bin/grep", "CapEff", "/proc/self/status", NULL}, .uid = 1000, .privileges = true};
    expect(&w, s, "CapEff:\t0000000000002000\n");
    world_close(&w);
}

static void what_it_was_given_is_locked(void)
{
    struct world w;
    open_users(&w, "private", NULL);
    CHECK(mkdir(world_path(&w, "pod/volumes/v"), 0755) == 0);
    struct spec s = {.caps = ALL_CAPS,
        .privileges = true,
        .readonly = true,
        .mounts = (const char *const[]){"--proc", "/proc", "--dev", "/dev", "--sysfs", "/sys", "ro", "--cgroupfs", "/sys/fs/cgroup", "ro",
            "--bind", "/pod/volumes/v", "/data", "create-dir,idmap,ro,nodev,nosuid", "private", NULL},
        .extra = (const char *const[]){"--mask", "/proc/version", "--mask", "/sys/firmware", "--readonly", "/proc/sys", NULL},
        .script =
            "t() { \"$@\" 2>/dev/null && echo \"$@\"; true; }; for m in / /data /sys; do t mount -o remount,bind,rw $m; t mount -o "
            "remount,rw $m; t busybox umount $m; done; t busybox umount /sys/firmware; t mount -o remount,bind,ro,dev,nosuid /data; t "
            "touch /data/x; t touch /x; t touch /sys/x; ls /sys/firmware | wc -l; stat -c %t:%T /proc/version; mount -t sysfs s "
            "/dev/shm 2>/dev/null || echo no second sysfs"};
    expect(&w, s, "0\n1:3\nno second sysfs\n");
    world_close(&w);
}

static struct message *setup_with(struct world *w, const char *users, const char *layers)
{
    struct words plan = {0};
    world_open(w, NULL, NULL, NULL, 0);
    add_words(&plan, "--version", "1", "--net", "new", "--ipc", "new", "--uts", "new", "--userns", users, "--pid", "private", "--hostname",
        "h", "--pod-dir", "0", "--layers", "1", "--end", NULL);
    int fds[3] = {sealed(&plan, 0xf), detached(world_path(w, "pod")), detached(layers)};
    struct message *m = world_ask(w, fds, 3, "setup");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    free(plan.bytes);
    return m;
}

static void file_systems_that_cannot_are_refused(void)
{
    struct world w;
    // Kernel file systems have no owners to translate.
    struct message *m = setup_with(&w, "1900019712:65536", "/proc");
    CHECK(strcmp(m->words[2], "idmap") == 0 && atoi(m->words[3]) == EINVAL && strcmp(m->words[4], "/layers") == 0, "%s", text(m));
    world_close(&w);
    open_users(&w, "private", NULL);
    struct spec s = {.script = "true",
        .mounts = (const char *const[]){"--bind-fd", "0", "/data", "create-dir,idmap", "private", NULL},
        .fds = {detached("/proc")},
        .fd_count = 1};
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "idmap") == 0 && atoi(m->words[3]) == EINVAL && strcmp(m->words[4], "/data") == 0, "%s", text(m));
    close(s.fds[0]);
    world_close(&w);
    // And there is nothing to map to without a user namespace.
    world_open(&w, "private", NULL, NULL, 0);
    s = (struct spec){
        .script = "true", .mounts = (const char *const[]){"--bind", "/pod/volumes", "/data", "create-dir,idmap", "private", NULL}};
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "idmap") == 0 && atoi(m->words[3]) == EINVAL, "%s", text(m));
    world_close(&w);
}

static void hostile_images_are_refused_all_the_same(void)
{
    struct world w;
    open_users(&w, "private", NULL);
    static const struct
    {
        const char *prepare, *step;
        int err;
        const char *mounts[12];
    } cases[] = {
        {"ln -s /tmp proc", "mount-target", ELOOP, {"--proc", "/proc", NULL}},
        {"mkdir dev && ln -s /tmp dev/pts", "mount-target", ELOOP, {"--devpts", "/dev/pts", NULL}},
        {"echo x > proc", "mount-target", ENOTDIR, {"--proc", "/proc", NULL}},
        {"true", "path", ENOENT, {"--proc", "/proc", "--bind", "/pod/volumes", "/proc/sys", "-", "private", NULL}},
        {"true", "make-dir", EROFS, {"--proc", "/proc", "--bind", "/pod/volumes", "/proc/sys", "create-dir", "private", NULL}},
        {"ln -s /proc/self/root magic", "make-dir", EROFS,
            {"--proc", "/proc", "--bind", "/pod/volumes", "/magic/x", "create-dir", "private", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        command("cd %s/layers/base && rm -rf proc dev magic && %s", w.dir, cases[i].prepare);
        struct spec s = {.script = "true", .mounts = cases[i].mounts};
        struct message *m = start(&w, &s);
        CHECK(strcmp(m->words[2], cases[i].step) == 0 && atoi(m->words[3]) == cases[i].err, "%zu: %s", i, text(m));
        forget_layer(&w, "c.0");
    }
    const char *const proc[] = {"--proc", "/proc", NULL};
    struct spec s = {.script = "true", .mounts = proc, .cwd = "/proc/self/root"};
    struct message *m = start(&w, &s);
    CHECK(strcmp(m->words[2], "cwd") == 0 && atoi(m->words[3]) == ELOOP, "%s", text(m));
    forget_layer(&w, "c.0");
    s = (struct spec){.script = "true", .mounts = proc, .extra = (const char *const[]){"--mask", "/proc/self/exe", NULL}};
    m = start(&w, &s);
    CHECK(strcmp(m->words[2], "mask") == 0 && atoi(m->words[3]) == ELOOP, "%s", text(m));
    forget_layer(&w, "c.0");
    // A working directory in procfs is one that exists.
    expect(&w, (struct spec){.script = "pwd", .mounts = proc, .cwd = "/proc/sys", .readonly = true}, "/proc/sys\n");
    world_close(&w);
}

const struct test users_files_tests[] = {
    {"users: everything belongs to it", everything_belongs_to_it},
    {"users: files have their owners", files_have_their_owners},
    {"users: file capabilities count inside", file_capabilities_count_inside},
    {"users: what it was given is locked", what_it_was_given_is_locked},
    {"users: file systems that cannot are refused", file_systems_that_cannot_are_refused},
    {"users: hostile images are refused all the same", hostile_images_are_refused_all_the_same},
    {0},
};

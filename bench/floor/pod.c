#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The mount namespace of the pod: a tmpfs with the pod's directory and the layers, and nothing of the host.
static void pod_root(const char *directory, const char *rootfs)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
        die("unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=256k") < 0)
        die("the pod's root");
    mkdir("/mnt/pod", 0755);
    mkdir("/mnt/layers", 0755);
    mkdir("/mnt/proc", 0755);
    mkdir("/mnt/old", 0755);
    if (mount(directory, "/mnt/pod", NULL, MS_BIND, NULL) < 0 || mount(rootfs, "/mnt/layers", NULL, MS_BIND, NULL) < 0 ||
        mount("proc", "/mnt/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        die("the pod's mounts");
    if (chdir("/mnt") < 0 || syscall(SYS_pivot_root, ".", "old") < 0 || chdir("/") < 0 || umount2("/old", MNT_DETACH) < 0)
        die("pivot_root");
    if (sethostname("floor", 5) < 0)
        die("sethostname");
}

static void await(int socket, char what)
{
    char c;
    if (read(socket, &c, 1) != 1 || c != what)
        die("the floor's other half");
}

_Noreturn void supervise(int socket, const char *directory, const char *rootfs, const struct pod *pod)
{
    int ran[2];
    for (int i = 0; i < pod->task_count; i++)
        if (write(pod->tasks[i], "0", 1) != 1)
            die("tasks");
    pod_root(directory, rootfs);
    if (write(socket, "n", 1) != 1)
        die("socket");
    await(socket, 's');

    // Closed by the execution of the program: that is the moment to be told.
    if (pipe2(ran, O_CLOEXEC) < 0)
        die("pipe");
    struct clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWPID, .exit_signal = SIGCHLD};
    if (pod->container_group >= 0)
    {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)pod->container_group;
    }
    pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (child < 0)
        die("clone3");
    if (child == 0)
        container("/pod", pod->container_tasks, pod->container_task_count);
    close(ran[1]);
    char c;
    if (read(ran[0], &c, 1) != 0 || write(socket, "r", 1) != 1)
        die("the container");
    await(socket, 'k');
    if (kill(child, SIGKILL) < 0 || waitpid(child, NULL, 0) != child || write(socket, "e", 1) != 1)
        die("ending the container");
    exit(0);
}

// The kernel's own file systems in a container: proc, sysfs, cgroups, mqueue, devpts, and /dev with its nodes.
#pragma once
#include "plan.h"

int special_mount(int root, const struct mount_plan *m, const struct container_plan *plan, struct fail *f);
// The directory at `target`, made if missing: a symbolic link anywhere on the way to /proc or /dev is an attack or a broken image.
int special_target(int root, const char *target, struct fail *f);
// Before the host's mounts are left: the options of its cgroup2, which a mount from its cgroup namespace would reset.
int special_remember_cgroup2(int proc, struct fail *f);
int special_device(int root, const struct mount_plan *m, struct fail *f);
dev_t makedev_null(void);

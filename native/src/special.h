// The kernel's own file systems in a container: proc, sysfs, cgroups, mqueue, devpts, and /dev with its nodes.
#pragma once
#include "plan.h"

int special_mount(int root, const struct mount_plan *m, struct fail *f);
int special_device(int root, const struct mount_plan *m, struct fail *f);
dev_t makedev_null(void);

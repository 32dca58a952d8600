// Mounts are made detached and attached to descriptors, never to paths that could have moved in between.
#pragma once
#include "sandbox.h"

// A new file system as a detached mount. `options` is a NULL-terminated list of key, value pairs; a NULL value is a flag.
int mount_new(const char *type, const char *const *options, unsigned attributes, struct fail *f);
// From here on this process gives that SELinux context (NULL: none) to the tmpfs and devpts it makes with mount_new,
void mount_label(const char *context);
// and with this to what an O_PATH descriptor stands for: the file or directory itself, where its file system keeps labels.
int mount_relabel(int fd, const char *what, struct fail *f);
int mount_attach(int mount, int target, const char *what, struct fail *f);
int mount_attributes(int mount, unsigned attributes, uint64_t propagation, bool recursive, const char *what, struct fail *f);
// Makes `root` the root of the calling process's mount namespace and detaches all that was there before.
int mount_pivot(int root, struct fail *f);

// Shows the ids of a detached mount's files as the user namespace maps them; mount_setattr(2), EINVAL where the file system cannot.
int mount_idmap(int mount, int user, const char *what, struct fail *f);

// In the new container's own mount namespace: overlay and everything on it. Returns the descriptor of the rootfs, not yet entered.
// With a user namespace what belongs to the container's PID namespace is left out,
int rootfs_build(const struct container_plan *plan, const struct sandbox *s, const int *fds, struct fail *f);
// and added here, as root of that namespace and in a mount namespace of its own.
int rootfs_finish(const struct container_plan *plan, struct fail *f);

// Paths inside a root that is hostile: everything is looked up by openat2 on a descriptor of that root and stays a
// descriptor afterwards. No function here ever hands a path of the rootfs to a system call that resolves it again.
#pragma once
#include "util.h"

#include <sys/types.h>

// Opens an existing path with RESOLVE_IN_ROOT and without magic links. `strict` allows no symbolic link at all:
// for places whose identity matters (/proc, /sys, /dev), which a link could move into a volume somebody else writes.
int path_open(int root, const char *path, bool strict, struct fail *f);
// The same, making the missing directories (0755, root). Where a link dangles, what it points to is made, inside the root;
// if `strict`, it is an error.
int path_make_dir(int root, const char *path, bool strict, struct fail *f);
// The same for a file, which is made empty (0644, root); the directories above it too.
int path_make_file(int root, const char *path, struct fail *f);
// Opens the directory above `path` (made if missing) and points *name at the last component.
int path_parent(int root, const char *path, const char **name, struct fail *f);

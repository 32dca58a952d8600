// Tests against a real shim on the real kernel. They need root and fail without it.
#include "world.h"

#include <sys/prctl.h>

extern const struct test supervisor_tests[], container_tests[], rootfs_tests[], hostile_tests[], exec_tests[], attach_tests[],
    target_tests[], byhand_tests[], disk_tests[], propagation_tests[], users_tests[], users_files_tests[], fork_server_tests[];

int main(int argc, char **argv)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    check_cleanup = world_abandon;
    return check_run(
        (const struct test *const[]){supervisor_tests, container_tests, rootfs_tests, hostile_tests, exec_tests, attach_tests, target_tests,
            byhand_tests, disk_tests, propagation_tests, users_tests, users_files_tests, fork_server_tests, NULL},
        argc, argv);
}

namespace Insula.Pods.Security;

/// <summary>System calls by what they may do to others than their caller. Names of every architecture; those that do not exist on this one have no effect.</summary>
internal static class SystemCalls
{
    /// <summary>Calls that act on the caller's own processes, files, memory and sockets, as far as its credentials reach.</summary>
    public static IReadOnlyList<string> Always { get; } =
    [
        // Opening, reading, writing.
        "open", "openat", "openat2", "creat", "close", "close_range", "read", "write", "readv", "writev", "pread64", "pwrite64",
        "preadv", "preadv2", "pwritev", "pwritev2", "lseek", "_llseek", "dup", "dup2", "dup3", "fcntl", "fcntl64", "flock", "ioctl",
        "truncate", "truncate64", "ftruncate", "ftruncate64", "fallocate", "fadvise64", "fadvise64_64", "arm_fadvise64_64", "readahead",
        "sync", "syncfs", "fsync", "fdatasync", "sync_file_range", "sync_file_range2", "arm_sync_file_range",
        "sendfile", "sendfile64", "splice", "tee", "vmsplice", "copy_file_range", "pipe", "pipe2", "memfd_create", "memfd_secret", "cachestat",

        // Names, attributes, directories.
        "access", "faccessat", "faccessat2", "stat", "stat64", "fstat", "fstat64", "lstat", "lstat64", "fstatat64", "newfstatat", "statx",
        "oldstat", "oldfstat", "oldlstat", "statfs", "statfs64", "fstatfs", "fstatfs64", "getdents", "getdents64", "readdir",
        "getcwd", "chdir", "fchdir", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "chown32", "fchown", "fchown32", "fchownat",
        "lchown", "lchown32", "umask", "link", "linkat", "symlink", "symlinkat", "readlink", "readlinkat", "rename", "renameat", "renameat2",
        "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "utime", "utimes", "utimensat", "utimensat_time64", "futimesat",
        "getxattr", "lgetxattr", "fgetxattr", "getxattrat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "listxattr", "llistxattr",
        "flistxattr", "listxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat", "name_to_handle_at",
        "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "fanotify_mark", "statmount", "listmount",

        // Memory.
        "brk", "mmap", "mmap2", "munmap", "mremap", "remap_file_pages", "mprotect", "msync", "madvise", "mincore", "mlock", "mlock2",
        "munlock", "mlockall", "munlockall", "mseal", "pkey_alloc", "pkey_free", "pkey_mprotect", "membarrier", "map_shadow_stack",

        // Processes and threads; clone has rules of its own. ptrace is confined by credentials, and its bypass of
        // seccomp ended with Linux 4.8.
        "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "waitpid", "getpid", "getppid", "gettid",
        "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "kill", "tkill", "tgkill", "pidfd_open", "pidfd_send_signal", "process_mrelease",
        "ptrace", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "restart_syscall",
        "futex", "futex_time64", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "prctl", "arch_prctl", "set_thread_area",
        "get_thread_area", "modify_ldt", "breakpoint", "cacheflush", "set_tls", "uretprobe",
        "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getattr", "sched_setattr", "sched_getparam", "sched_setparam",
        "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
        "sched_rr_get_interval_time64", "getpriority", "setpriority", "nice", "ioprio_get", "ioprio_set", "getcpu",

        // Signals, timers, clocks. adjtimex reads without a capability.
        "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigqueueinfo",
        "rt_tgsigqueueinfo", "rt_sigreturn", "sigaction", "sigprocmask", "sigpending", "sigsuspend", "sigreturn", "sigaltstack", "signal",
        "signalfd", "signalfd4", "pause", "alarm", "getitimer", "setitimer", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64",
        "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday", "time", "times", "adjtimex",
        "timer_create", "timer_delete", "timer_settime", "timer_settime64", "timer_gettime", "timer_gettime64", "timer_getoverrun",
        "timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime", "timerfd_gettime64",

        // Credentials and limits.
        "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getresuid", "getresuid32",
        "getresgid", "getresgid32", "getgroups", "getgroups32", "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32",
        "setregid", "setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32",
        "setgroups", "setgroups32", "capget", "capset", "getrlimit", "ugetrlimit", "setrlimit", "prlimit64", "getrusage", "seccomp",
        "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "lsm_get_self_attr", "lsm_list_modules",
        "uname", "olduname", "oldolduname", "sysinfo", "getrandom",

        // Waiting for many things at once.
        "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create", "epoll_create1", "epoll_ctl",
        "epoll_ctl_old", "epoll_wait", "epoll_wait_old", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2",
        "io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents", "io_pgetevents_time64",

        // Talking; socket has a rule of its own.
        "socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
        "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "socketcall",
        "ipc", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedsend_time64", "mq_timedreceive", "mq_timedreceive_time64", "mq_notify",
        "mq_getsetattr", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semtimedop_time64", "semctl",
        "shmget", "shmat", "shmdt", "shmctl",
    ];

    /// <summary>
    /// Calls that no capability opens: keyrings are not namespaced, io_uring and userfaultfd are where kernel exploits come from,
    /// the rest replaces the kernel or belongs to the host.
    /// </summary>
    public static IReadOnlyList<string> Never { get; } =
    [
        "add_key", "keyctl", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd",
        "kexec_load", "kexec_file_load", "swapon", "swapoff", "pivot_root", "nfsservctl", "_sysctl", "sysfs", "ustat", "uselib",
        "create_module", "query_module", "get_kernel_syms", "vm86", "vm86old", "move_pages", "migrate_pages", "lsm_set_self_attr",
    ];

    /// <summary>Calls that make sense only with a capability, by its number in capabilities(7).</summary>
    public static IReadOnlyList<(int Capability, IReadOnlyList<string> Names)> ByCapability { get; } =
    [
        (2 /* DAC_READ_SEARCH */, ["open_by_handle_at"]),
        (16 /* SYS_MODULE */, ["init_module", "finit_module", "delete_module"]),
        (17 /* SYS_RAWIO */, ["iopl", "ioperm"]),
        (18 /* SYS_CHROOT */, ["chroot"]),
        (19 /* SYS_PTRACE */, ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev"]),
        (20 /* SYS_PACCT */, ["acct"]),
        (21 /* SYS_ADMIN */,
        [
            "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick",
            "unshare", "setns", "sethostname", "setdomainname", "bpf", "perf_event_open", "fanotify_init", "quotactl", "quotactl_fd",
            "lookup_dcookie", "syslog",
        ]),
        (22 /* SYS_BOOT */, ["reboot"]),
        (23 /* SYS_NICE */, ["get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "mbind"]),
        (25 /* SYS_TIME */, ["settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64"]),
        (26 /* SYS_TTY_CONFIG */, ["vhangup"]),
        (34 /* SYSLOG */, ["syslog"]),
        (38 /* PERFMON */, ["perf_event_open"]),
        (39 /* BPF */, ["bpf"]),
    ];
}

using Insula.Linux;

namespace Insula.Sandbox.Containers;

/// <summary>A mount in a container's root filesystem; made in the order of the list.</summary>
public abstract record ContainerMount
{
    private ContainerMount(string target) => Target = target;

    /// <summary>The absolute path in the container, resolved inside its root filesystem.</summary>
    public string Target { get; }

    /// <summary>A new procfs of the container's PID namespace.</summary>
    public sealed record Proc : ContainerMount
    {
        /// <summary>A procfs at a path.</summary>
        /// <param name="target">Usually <c>/proc</c>.</param>
        public Proc(string target)
            : base(target)
        {
        }
    }

    /// <summary>A new sysfs of the pod's network namespace.</summary>
    public sealed record Sysfs : ContainerMount
    {
        /// <summary>A sysfs at a path.</summary>
        /// <param name="target">Usually <c>/sys</c>.</param>
        /// <param name="readOnly">Whether nothing in it may be written.</param>
        public Sysfs(string target, bool readOnly)
            : base(target) => ReadOnly = readOnly;

        /// <summary>Whether nothing in it may be written.</summary>
        public bool ReadOnly { get; }
    }

    /// <summary>The cgroup2 filesystem as seen from the container's cgroup namespace.</summary>
    public sealed record Cgroupfs : ContainerMount
    {
        /// <summary>A cgroupfs at a path.</summary>
        /// <param name="target">Usually <c>/sys/fs/cgroup</c>.</param>
        /// <param name="readOnly">Whether nothing in it may be written.</param>
        public Cgroupfs(string target, bool readOnly)
            : base(target) => ReadOnly = readOnly;

        /// <summary>Whether nothing in it may be written.</summary>
        public bool ReadOnly { get; }
    }

    /// <summary>The POSIX message queues of the pod's IPC namespace.</summary>
    public sealed record MessageQueues : ContainerMount
    {
        /// <summary>An mqueue filesystem at a path.</summary>
        /// <param name="target">Usually <c>/dev/mqueue</c>.</param>
        public MessageQueues(string target)
            : base(target)
        {
        }
    }

    /// <summary>A new set of pseudo-terminals.</summary>
    public sealed record DevPts : ContainerMount
    {
        /// <summary>A devpts at a path.</summary>
        /// <param name="target">Usually <c>/dev/pts</c>.</param>
        public DevPts(string target)
            : base(target)
        {
        }
    }

    /// <summary>A tmpfs with the six usual device nodes (null, zero, full, random, urandom, tty) and links.</summary>
    public sealed record Dev : ContainerMount
    {
        /// <summary>The device directory at a path.</summary>
        /// <param name="target">Usually <c>/dev</c>.</param>
        public Dev(string target)
            : base(target)
        {
        }
    }

    /// <summary>An empty tmpfs, gone with the container.</summary>
    public sealed record Tmpfs : ContainerMount
    {
        /// <summary>A tmpfs at a path.</summary>
        /// <param name="target">For example <c>/dev/shm</c>.</param>
        /// <param name="sizeBytes">Its limit in bytes; 0 leaves the kernel's own.</param>
        /// <param name="mode">Permission bits of its root.</param>
        /// <param name="options">Flags.</param>
        public Tmpfs(string target, long sizeBytes, uint mode, MountOptions options)
            : base(target)
        {
            SizeBytes = sizeBytes;
            Mode = mode;
            Options = options;
        }

        /// <summary>Its limit in bytes; 0 leaves the kernel's own.</summary>
        public long SizeBytes { get; }

        /// <summary>Permission bits of its root.</summary>
        public uint Mode { get; }

        /// <summary>Flags.</summary>
        public MountOptions Options { get; }
    }

    /// <summary>Something of the pod's own mount namespace (<see cref="PodPaths"/>).</summary>
    public sealed record Bind : ContainerMount
    {
        /// <summary>A bind mount of a path in the pod's mount namespace.</summary>
        /// <param name="source">A path from <see cref="PodPaths"/>. No component of it may be under a container's control
        /// (a subPath is opened by descriptor instead).</param>
        /// <param name="target">The path in the container.</param>
        /// <param name="options">Flags.</param>
        /// <param name="propagation">How later mounts travel.</param>
        public Bind(string source, string target, MountOptions options, MountPropagation propagation = MountPropagation.Private)
            : base(target)
        {
            Source = source;
            Options = options;
            Propagation = propagation;
        }

        /// <summary>The path in the pod's mount namespace.</summary>
        public string Source { get; }

        /// <summary>Flags.</summary>
        public MountOptions Options { get; }

        /// <summary>How later mounts travel.</summary>
        public MountPropagation Propagation { get; }
    }

    /// <summary>A detached mount made by the daemon (host paths, subPaths).</summary>
    public sealed record Detached : ContainerMount
    {
        /// <summary>A detached mount.</summary>
        /// <param name="source">What open_tree(2) returned; used up by the start, disposed by the caller.</param>
        /// <param name="target">The path in the container.</param>
        /// <param name="options">Flags.</param>
        /// <param name="propagation">How later mounts travel.</param>
        public Detached(Descriptor source, string target, MountOptions options, MountPropagation propagation = MountPropagation.Private)
            : base(target)
        {
            Source = source;
            Options = options;
            Propagation = propagation;
        }

        /// <summary>The detached mount.</summary>
        public Descriptor Source { get; }

        /// <summary>Flags.</summary>
        public MountOptions Options { get; }

        /// <summary>How later mounts travel.</summary>
        public MountPropagation Propagation { get; }
    }
}

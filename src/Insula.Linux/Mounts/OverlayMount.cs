using System.Globalization;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Linux.Mounts;

/// <summary>Directories that lie upon each other, read-only and in no mount namespace: an overlay without an upper.</summary>
public static class OverlayMount
{
    private const int LongestOption = 255;

    /// <summary>Mounts them.</summary>
    /// <param name="layers">The directories, uppermost first; at least two.</param>
    /// <exception cref="LinuxException">EINVAL of <c>lowerdir</c>: more of them than this kernel takes (Linux 6.5 takes any number).</exception>
    public static Descriptor Create(IReadOnlyList<string> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var opened = layers.Select(layer => Descriptor.Open(layer, fcntl.O_PATH | fcntl.O_DIRECTORY)).ToList();
        try
        {
            // By descriptor: short, and without characters that mean something in options.
            return Mount([.. opened.Select(layer => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{layer.DangerousGetHandle()}"))]);
        }
        finally
        {
            opened.ForEach(layer => layer.Dispose());
        }
    }

    /// <summary>The same of directories by paths that mean nothing else in options: where this thread's <c>/proc</c> is another process's.</summary>
    /// <param name="paths">Their paths, without colons and backslashes.</param>
    /// <exception cref="LinuxException">As with <see cref="Create"/>.</exception>
    public static Descriptor CreateByPath(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return paths.Any(path => path.AsSpan().ContainsAny(':', '\\')) ? throw new LinuxException("lowerdir", string.Join(", ", paths), Errno.EINVAL) : Mount(paths);
    }

    private static Descriptor Mount(IReadOnlyList<string> paths)
    {
        using var context = Descriptor.FromResult(sys_mount.fsopen("overlay", sys_mount.FSOPEN_CLOEXEC), "fsopen", "overlay");
        if (!paths.All(path => sys_mount.fsconfig(context, sys_mount.FSCONFIG_SET_STRING, "lowerdir+", path, 0) == 0))
        {
            var all = string.Join(':', paths);
            if (all.Length > LongestOption)
            {
                throw new LinuxException("lowerdir", $"{paths.Count} layers, which Linux 6.5 takes", Errno.EINVAL);
            }

            DetachedMount.Configure(context, sys_mount.FSCONFIG_SET_STRING, "lowerdir", all);
        }

        DetachedMount.Configure(context, sys_mount.FSCONFIG_CMD_CREATE, null, null);
        const MountFlags Flags = MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev;
        return Descriptor.FromResult(sys_mount.fsmount(context, sys_mount.FSMOUNT_CLOEXEC, (uint)Flags), "fsmount", "overlay");
    }

    /// <summary>
    /// A mount of a part of one that is in no mount namespace: kernels before 6.15 make none of such, so it is for an instant in a namespace of a
    /// thread of its own.
    /// </summary>
    /// <param name="mount">The mount; it is spent.</param>
    /// <param name="on">A directory that it may cover meanwhile, for that thread alone.</param>
    /// <param name="path">A plain relative path.</param>
    /// <exception cref="LinuxException">ENOENT: there is no such; EXDEV, ELOOP: a link leads out of it.</exception>
    public static Descriptor Below(Descriptor mount, string on, string path)
    {
        ArgumentNullException.ThrowIfNull(mount);
        return ThrowawayThread.Run("part of a mount", () =>
        {
            if (sched.unshare(sched.CLONE_FS | sched.CLONE_NEWNS) != 0)
            {
                throw LinuxException.FromLastError("unshare");
            }

            using var root = Descriptor.Open("/", fcntl.O_PATH | fcntl.O_DIRECTORY);
            DetachedMount.MakePrivate(root);
            using var cover = Descriptor.Open(on, fcntl.O_PATH | fcntl.O_DIRECTORY);
            DetachedMount.Attach(mount, cover);
            using var part = Directories.OpenBeneath(mount, path, fcntl.O_PATH);
            return DetachedMount.Clone(part);
        });
    }
}

using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Where a sandbox's own things lie.</summary>
internal static class SandboxPlace
{
    public const string SocketName = "shim.sock";
    public const string PidName = "shim.pid";
    public const string ShimCgroups = "shims";
    public const string PodCgroups = "pods";
    public const string InitCgroup = "init";

    /// <summary>The directory of all sandboxes, made where it is missing (0700).</summary>
    public static Descriptor OpenSandboxes(SandboxOptions options)
    {
        Directory.CreateDirectory(options.RunDirectory);
        using var run = Directories.Open(options.RunDirectory);
        return Directories.Ensure(run, "sandboxes");
    }

    /// <summary>The sandbox's run directory, or null when there is none.</summary>
    public static Descriptor? TryOpen(Descriptor sandboxes, string id) => TryOpenChild(sandboxes, id);

    /// <summary>A directory below another, or null when there is none.</summary>
    public static Descriptor? TryOpenChild(Descriptor parent, string name)
    {
        try
        {
            return Directories.OpenChild(parent, name);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>A directory by path, or null when there is none.</summary>
    public static Descriptor? TryOpenPath(string path)
    {
        try
        {
            return Directories.Open(path);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>The content of a file in a directory, or null when there is none.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">One component.</param>
    /// <param name="limit">The most bytes it may have.</param>
    public static byte[]? TryRead(Descriptor directory, string name, int limit = 1 << 16)
    {
        try
        {
            using var file = Descriptor.OpenAt(directory, name, fcntl.O_RDONLY | fcntl.O_NOFOLLOW);
            return file.ReadToEnd(limit);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EFBIG)
        {
            return null;
        }
    }

    /// <summary>Writes a small file in one go. Not synced: run state is of one boot, and what a process has written survives its
    /// own death; a syncing disk below <c>/run</c> would cost more than all the rest of a sandbox.</summary>
    public static void Write(Descriptor directory, string name, ReadOnlySpan<byte> content)
    {
        const uint OwnerOnly = 0x180; // 0600
        using var file = Descriptor.OpenAt(directory, name, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_TRUNC | fcntl.O_NOFOLLOW, OwnerOnly);
        file.WriteAll(content, name);
    }

    public static string ShimCgroupOf(string sandboxId) => $"{ShimCgroups}/{sandboxId}";
}

using System.Runtime.InteropServices;

using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Where a container's launcher writes the ids the kernel gave its first process, just before exec: what the program
/// makes of itself later does not count. In the sandbox's run directory, so that the next daemon finds it too.</summary>
internal static class IdentityFile
{
    // Two ids and 65,536 groups, NGROUPS_MAX.
    private const int Largest = (2 + 65536) * sizeof(uint);
    private const string Extension = ".ids";
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>Makes an empty one for a start.</summary>
    /// <returns>Open for writing and reading.</returns>
    public static Descriptor Create(SandboxOptions options, string sandboxId, string containerId)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(options);
        using var directory = Directories.OpenChild(sandboxes, sandboxId);
        return Descriptor.OpenAt(directory, NameOf(containerId), fcntl.O_RDWR | fcntl.O_CREAT | fcntl.O_TRUNC | fcntl.O_NOFOLLOW, OwnerOnly);
    }

    /// <summary>What an earlier start left; null when there is none.</summary>
    public static ProcessUser? Read(SandboxOptions options, string sandboxId, string containerId)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(options);
        using var directory = SandboxPlace.TryOpen(sandboxes, sandboxId);
        return directory is null || SandboxPlace.TryRead(directory, NameOf(containerId), Largest) is not { } bytes ? null : Decode(bytes);
    }

    /// <summary>What a launcher has written.</summary>
    /// <param name="file">From <see cref="Create"/>.</param>
    public static ProcessUser? Read(Descriptor file) => unistd.lseek(file, 0, 0) == 0
        ? Decode(file.ReadToEnd(Largest))
        : throw LinuxException.FromLastError("lseek", "identity");

    /// <summary>Removes a start's.</summary>
    public static void Remove(SandboxOptions options, string sandboxId, string containerId)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(options);
        using var directory = SandboxPlace.TryOpen(sandboxes, sandboxId);
        if (directory is not null)
        {
            RemoveTree.Remove(directory, NameOf(containerId));
        }
    }

    /// <summary>Removes those of all starts but the known ones.</summary>
    public static void Sweep(SandboxOptions options, string sandboxId, IReadOnlySet<string> known)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(options);
        using var directory = SandboxPlace.TryOpen(sandboxes, sandboxId);
        if (directory is null)
        {
            return;
        }

        var names = known.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(directory.ProcPath, "*" + Extension).Select(path => Path.GetFileName(path)).Where(name => !names.Contains(name)).ToList())
        {
            RemoveTree.Remove(directory, file);
        }
    }

    /// <summary>Decodes native 32-bit numbers: user, group, supplementary groups. Null for what no launcher finished.</summary>
    internal static ProcessUser? Decode(ReadOnlySpan<byte> bytes)
    {
        var ids = MemoryMarshal.Cast<byte, uint>(bytes);
        return ids.Length < 2 || bytes.Length % sizeof(uint) != 0 ? null : new ProcessUser(ids[0], ids[1], ids[2..].ToArray());
    }

    private static string NameOf(string containerId) => containerId + Extension;
}

using System.Security.Cryptography;

using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;

namespace Insula.Sandbox.Lifecycle;

/// <summary>The shim's program, kept by its digest and executed through a detached read-only mount: whatever reaches
/// <c>/proc/PID/exe</c> of a shim or its helpers cannot open it for writing (CVE-2019-5736).</summary>
internal sealed class ShimProgram : IDisposable
{
    private const string Prefix = "insula-shim-";

    private ShimProgram(Descriptor executable) => Executable = executable;

    /// <summary>The program, on the read-only mount.</summary>
    public Descriptor Executable { get; }

    /// <summary>Copies the program below the root directory unless it is there, and mounts it for execution.</summary>
    /// <exception cref="SandboxException">The program cannot be read.</exception>
    public static ShimProgram Install(SandboxOptions options)
    {
        byte[] program;
        try
        {
            program = File.ReadAllBytes(options.ShimProgram);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException($"the shim program '{options.ShimProgram}' cannot be read: {e.Message}; build or install it", e);
        }

        var name = Prefix + Convert.ToHexStringLower(SHA256.HashData(program));
        Directory.CreateDirectory(options.RootDirectory);
        using var root = Directories.Open(options.RootDirectory);
        using var directory = Directories.Ensure(root, "shim");
        if (SandboxPlace.TryRead(directory, name, program.Length) is not { } present || !present.AsSpan().SequenceEqual(program))
        {
            AtomicFile.Write(directory, name, program, 0x140); // 0500
        }

        using var file = Descriptor.OpenAt(directory, name, fcntl.O_PATH | fcntl.O_NOFOLLOW);
        return new ShimProgram(DetachedMount.Clone(file, flags: MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev));
    }

    /// <inheritdoc/>
    public void Dispose() => Executable.Dispose();
}

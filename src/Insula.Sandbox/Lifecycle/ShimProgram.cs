using System.Security.Cryptography;

using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;

namespace Insula.Sandbox.Lifecycle;

/// <summary>The shim's program, or another that runs in containers, kept by its digest and executed through a detached read-only
/// mount: whatever reaches <c>/proc/PID/exe</c> of it or of its helpers cannot open it for writing (CVE-2019-5736).</summary>
internal sealed class ShimProgram : IDisposable
{
    private ShimProgram(Descriptor executable) => Executable = executable;

    /// <summary>The program, on the read-only mount.</summary>
    public Descriptor Executable { get; }

    /// <summary>Copies the program below the root directory unless it is there, and mounts it for execution.</summary>
    /// <param name="options">The directories.</param>
    /// <param name="path">The program, as built.</param>
    /// <param name="mode">Who may execute it: those whom the shim lets in may be anybody.</param>
    /// <exception cref="SandboxException">The program cannot be read.</exception>
    public static ShimProgram Install(SandboxOptions options, string path, uint mode)
    {
        byte[] program;
        try
        {
            program = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException($"the program '{path}' cannot be read: {e.Message}; build or install it", e);
        }

        var name = $"{Path.GetFileName(path)}-" + Convert.ToHexStringLower(SHA256.HashData(program));
        Directory.CreateDirectory(options.RootDirectory);
        using var root = Directories.Open(options.RootDirectory);
        using var directory = Directories.Ensure(root, "shim");
        if (SandboxPlace.TryRead(directory, name, program.Length) is not { } present || !present.AsSpan().SequenceEqual(program))
        {
            AtomicFile.Write(directory, name, program, mode);
        }

        using var file = Descriptor.OpenAt(directory, name, fcntl.O_PATH | fcntl.O_NOFOLLOW);
        return new ShimProgram(DetachedMount.Clone(file, flags: MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev));
    }

    /// <inheritdoc/>
    public void Dispose() => Executable.Dispose();
}

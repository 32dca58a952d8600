using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Kernel;
using Insula.Linux.LibC;
using Insula.Linux.Seccomp;

namespace Insula.Pods.Security;

/// <summary>The machine's own seccomp profiles, files below <c>&lt;root&gt;/seccomp</c>, each compiled once for its content.</summary>
internal sealed class LocalhostProfiles(string rootDirectory, SeccompCompiler compiler)
{
    /// <summary>The directory's name below the daemon's root.</summary>
    public const string DirectoryName = "seccomp";

    private const int LargestFile = 1 << 20;
    private const int MostKept = 256;

    private readonly ConcurrentDictionary<(string Hash, ulong Capabilities), SeccompProgram> _programs = new();

    /// <summary>Where they are.</summary>
    public string DirectoryPath { get; } = Path.Combine(rootDirectory, DirectoryName);

    /// <summary>The program of a profile, for a process with this bounding set.</summary>
    /// <param name="name">A path below the directory.</param>
    /// <param name="capabilities">Bit N stands for capability number N.</param>
    /// <exception cref="SeccompException">It is missing, leads out of the directory, or is not understood; the message says why.</exception>
    public SeccompProgram Program(string name, ulong capabilities)
    {
        try
        {
            var content = Read(name);
            var key = (Convert.ToHexStringLower(SHA256.HashData(content)), capabilities);
            if (_programs.TryGetValue(key, out var known))
            {
                return known;
            }

            if (_programs.Count >= MostKept)
            {
                _programs.Clear();
            }

            var names = CapabilityNames.In(capabilities).Select(c => "CAP_" + c).ToHashSet();
            var target = new SeccompTarget(names, KernelVersion.Current, RuntimeInformation.ProcessArchitecture);
            return _programs[key] = compiler.Compile(SeccompProfileReader.Read(content, target));
        }
        catch (SeccompException e)
        {
            throw new SeccompException($"cannot load seccomp profile \"{Path.Combine(DirectoryPath, name)}\": {e.Message}", e);
        }
    }

    private byte[] Read(string name)
    {
        if (!SubPath.IsPlain(name))
        {
            throw new SeccompException("it must be a relative path without '..'");
        }

        try
        {
            using var directory = Directories.Open(DirectoryPath);

            // Links may lead around in the directory, not out of it. A pipe has no end to wait for.
            using var file = Directories.OpenBeneath(directory, name, fcntl.O_RDONLY | fcntl.O_NONBLOCK | fcntl.O_NOCTTY);
            if (!Entries.Status(file).IsFile)
            {
                throw new SeccompException("it is no regular file");
            }

            return file.ReadToEnd(LargestFile);
        }
        catch (LinuxException e)
        {
            throw new SeccompException(e.Errno switch
            {
                Errno.ENOENT => "no such file or directory",
                Errno.EXDEV => "it leads out of the directory",
                Errno.EFBIG => $"it has more than {LargestFile} bytes",
                var errno => ErrnoNames.Describe((int)errno),
            }, e);
        }
    }
}

using System.Runtime.InteropServices;
using Insula.Linux.Kernel;

namespace Insula.Linux.Seccomp;

/// <summary>What the conditions of a profile's rules are about.</summary>
/// <param name="Capabilities">The process's bounding set, by names such as <c>CAP_SYS_ADMIN</c>.</param>
/// <param name="Kernel">The kernel it runs on.</param>
/// <param name="Architecture">The machine.</param>
public sealed record SeccompTarget(IReadOnlySet<string> Capabilities, KernelVersion Kernel, Architecture Architecture)
{
    /// <summary>The machine as Go and thus profiles name it (<c>amd64</c>).</summary>
    public string GoArchitecture => Architecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>libseccomp's names of the architectures whose programs the machine runs, its own first.</summary>
    public IReadOnlyList<string> Runnable => Architecture switch
    {
        Architecture.X64 => ["x86_64", "x86", "x32"],
        Architecture.Arm64 => ["aarch64", "arm"],
        _ => [],
    };
}

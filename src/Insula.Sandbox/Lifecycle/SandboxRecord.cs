using System.Text;

using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>What must be known to find and destroy a sandbox after a crash. Written into its run directory before
/// anything else is made.</summary>
/// <param name="PodUid">The pod.</param>
/// <param name="CgroupParent">The pod's cgroup, relative to the instance's root.</param>
/// <param name="PodDirectory">The pod's directory on the host.</param>
/// <param name="LayersDirectory">The layers' directory on the host.</param>
/// <param name="UserIds">The ids of its user namespace; null for the host's.</param>
internal sealed record SandboxRecord(string PodUid, string CgroupParent, string PodDirectory, string LayersDirectory, UserIdRange? UserIds)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "sandbox";

    private const string Version = "insula-sandbox-1";

    public static SandboxRecord Of(SandboxSpec spec) =>
        new(spec.PodUid, spec.CgroupParent, spec.PodDirectory, spec.LayersDirectory, spec.UserIds);

    public byte[] Encode() => UserIds is null
        ? ShimPacket.Encode(Version, PodUid, CgroupParent, PodDirectory, LayersDirectory)
        : ShimPacket.Encode(Version, PodUid, CgroupParent, PodDirectory, LayersDirectory, UserIds.ToString());

    /// <summary>Reads it back.</summary>
    /// <exception cref="SandboxException">It is not of this version.</exception>
    public static SandboxRecord Decode(ReadOnlySpan<byte> bytes) =>
        ShimPacket.Decode(bytes) switch
        {
            [Version, var uid, var parent, var pod, var layers] => new SandboxRecord(uid, parent, pod, layers, null),
            [Version, var uid, var parent, var pod, var layers, var users] when UserIdRange.TryParse(users) is { } ids =>
                new SandboxRecord(uid, parent, pod, layers, ids),
            _ => throw new SandboxException($"the sandbox's record is not of this version: '{Encoding.UTF8.GetString(bytes)}'"),
        };
}

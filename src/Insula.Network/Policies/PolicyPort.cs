using Insula.Api.Core;
using Insula.Network.Services;

namespace Insula.Network.Policies;

/// <summary>Ports that a rule allows: a range, or what has a name in the manifest of the pod that is connected to.</summary>
/// <param name="Protocol">The transport protocol's number.</param>
/// <param name="First">The first port.</param>
/// <param name="Last">The last port.</param>
/// <param name="Name">The name; then the range says nothing.</param>
internal sealed record PolicyPort(byte Protocol, ushort First, ushort Last, string? Name)
{
    /// <summary>Whether all ports of the protocol are meant.</summary>
    public bool IsAny => Name is null && First == 0 && Last == ushort.MaxValue;

    /// <summary>Reads one from a policy.</summary>
    public static PolicyPort Of(NetworkPolicyPort port)
    {
        byte protocol = Frontend.NumberOf(port.Protocol);
        return port.Port switch
        {
            null => new(protocol, 0, ushort.MaxValue, null),
            { IsText: true } named => new(protocol, 0, 0, named.Text),
            { } numbered => new(protocol, (ushort)numbered.Number, (ushort)(port.EndPort ?? numbered.Number), null),
        };
    }

    /// <summary>Whether a port of a pod is one of them.</summary>
    public bool Allows(PolicyPod pod, byte protocol, ushort port) => protocol == Protocol && (Name is null ? port >= First && port <= Last : NumbersIn(pod).Contains(port));

    /// <summary>The numbers that the name stands for in a pod.</summary>
    public IEnumerable<ushort> NumbersIn(PolicyPod pod) =>
        pod.Facts.Ports.Where(p => p.Name == Name && Frontend.NumberOf(p.Protocol) == Protocol).Select(p => (ushort)p.Port).Distinct();
}

using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>Ports that a policy's rule allows (networking.k8s.io/v1 NetworkPolicyPort).</summary>
public sealed record NetworkPolicyPort
{
    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>A number, or the name of a port in the manifest of the pod that is connected to. Null: all ports of the protocol.</summary>
    public IntOrString? Port { get; init; }

    /// <summary>With a number: the last port of a range that begins with it.</summary>
    public int? EndPort { get; init; }
}

namespace Insula.Api.Core;

/// <summary>Values of ContainerPort.Protocol.</summary>
public static class Protocols
{
    /// <summary>"TCP".</summary>
    public const string TCP = "TCP";

    /// <summary>"UDP".</summary>
    public const string UDP = "UDP";

    /// <summary>"SCTP".</summary>
    public const string SCTP = "SCTP";
}

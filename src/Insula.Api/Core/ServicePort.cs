using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>A port of a Service (core/v1 ServicePort).</summary>
public sealed record ServicePort
{
    /// <summary>A DNS label, unique in the Service; needed when there are several ports.</summary>
    public string? Name { get; init; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>What the port speaks, for information.</summary>
    public string? AppProtocol { get; init; }

    /// <summary>The port at the Service's address, 1 to 65535.</summary>
    public int Port { get; init; }

    /// <summary>The port of the pods, or its name; default <see cref="Port"/>.</summary>
    public IntOrString? TargetPort { get; init; }

    /// <summary>The port at the machine's addresses.</summary>
    public int? NodePort { get; init; }
}

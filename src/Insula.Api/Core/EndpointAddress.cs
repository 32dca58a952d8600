namespace Insula.Api.Core;

/// <summary>An address of a Service's endpoint (core/v1 EndpointAddress).</summary>
public sealed record EndpointAddress
{
    /// <summary>The address.</summary>
    public string Ip { get; init => field = value ?? ""; } = "";

    /// <summary>The pod's name below a headless Service's.</summary>
    public string? Hostname { get; init; }

    /// <summary>The machine it is on.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pod.</summary>
    public ObjectReference? TargetRef { get; init; }
}

using System.Text.Json.Serialization;

namespace Insula.Api.Core;

/// <summary>A port of a container (core/v1 ContainerPort).</summary>
public sealed record ContainerPort
{
    /// <summary>An IANA service name, unique in the pod.</summary>
    public string? Name { get; init; }

    /// <summary>Port on the host.</summary>
    public int? HostPort { get; init; }

    /// <summary>The port, 1 to 65535; the JSON field is <c>containerPort</c>.</summary>
    [JsonPropertyName("containerPort")]
    public int Port { get; init; }

    /// <summary>TCP (default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>Address of the host to bind.</summary>
    public string? HostIP { get; init; }
}

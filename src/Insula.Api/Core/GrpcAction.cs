namespace Insula.Api.Core;

/// <summary>A call of the gRPC health service (core/v1 GRPCAction).</summary>
public sealed record GrpcAction
{
    /// <summary>Port, 1 to 65535.</summary>
    public int Port { get; init; }

    /// <summary>Name of the service asked about; default "".</summary>
    public string? Service { get; init; }
}

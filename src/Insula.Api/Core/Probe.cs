namespace Insula.Api.Core;

/// <summary>A health check (core/v1 Probe).</summary>
public sealed record Probe
{
    /// <summary>Runs a command; success is exit code 0.</summary>
    public ExecAction? Exec { get; init; }

    /// <summary>Gets a page; success is a status from 200 to 399.</summary>
    public HttpGetAction? HttpGet { get; init; }

    /// <summary>Opens a TCP connection.</summary>
    public TcpSocketAction? TcpSocket { get; init; }

    /// <summary>Asks the gRPC health service.</summary>
    public GrpcAction? Grpc { get; init; }

    /// <summary>Seconds after the container's start before the first check; default 0.</summary>
    public int? InitialDelaySeconds { get; init; }

    /// <summary>Seconds after which a check has failed; default 1.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Seconds between checks; default 10.</summary>
    public int? PeriodSeconds { get; init; }

    /// <summary>The same three more finely, in milliseconds; each is null unless given. Insula's own.</summary>
    public int? InitialDelayMilliseconds { get; init; }

    /// <inheritdoc cref="InitialDelayMilliseconds"/>
    public int? TimeoutMilliseconds { get; init; }

    /// <inheritdoc cref="InitialDelayMilliseconds"/>
    public int? PeriodMilliseconds { get; init; }

    /// <summary>Successes in a row after a failure; default 1.</summary>
    public int? SuccessThreshold { get; init; }

    /// <summary>Failures in a row after a success; default 3.</summary>
    public int? FailureThreshold { get; init; }

    /// <summary>Grace in seconds when the probe ends the container; default the pod's.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }
}

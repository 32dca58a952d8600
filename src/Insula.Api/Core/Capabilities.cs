namespace Insula.Api.Core;

/// <summary>Capabilities of a container (core/v1 Capabilities).</summary>
public sealed record Capabilities
{
    /// <summary>Added, without the CAP_ prefix, or ALL.</summary>
    public IReadOnlyList<string> Add { get; init => field = value ?? []; } = [];

    /// <summary>Dropped, without the CAP_ prefix, or ALL.</summary>
    public IReadOnlyList<string> Drop { get; init => field = value ?? []; } = [];
}

using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>A limit or request of a container (core/v1 ResourceFieldSelector).</summary>
public sealed record ResourceFieldSelector
{
    /// <summary>The container; in a variable default its own.</summary>
    public string? ContainerName { get; init; }

    /// <summary>limits.cpu, limits.memory, requests.cpu, requests.memory, or limits or requests of hugepages-SIZE.</summary>
    public string Resource { get; init => field = value ?? ""; } = "";

    /// <summary>The unit of the result; default 1.</summary>
    public Quantity? Divisor { get; init; }
}

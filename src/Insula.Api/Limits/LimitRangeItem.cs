using Insula.Api.Values;

namespace Insula.Api.Limits;

/// <summary>The limits of one type of object (core/v1 LimitRangeItem).</summary>
public sealed record LimitRangeItem
{
    /// <summary>What they are for: see <see cref="LimitTypes"/>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>The most that may be requested, and be the limit.</summary>
    public IReadOnlyDictionary<string, Quantity> Max { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>The least.</summary>
    public IReadOnlyDictionary<string, Quantity> Min { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Limits of containers that have none.</summary>
    public IReadOnlyDictionary<string, Quantity> Default { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Requests of containers that have none.</summary>
    public IReadOnlyDictionary<string, Quantity> DefaultRequest { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>How many times its request a limit may be.</summary>
    public IReadOnlyDictionary<string, Quantity> MaxLimitRequestRatio { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;
}

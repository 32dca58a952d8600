namespace Insula.Api.Limits;

/// <summary>The limits of a LimitRange (core/v1 LimitRangeSpec).</summary>
public sealed record LimitRangeSpec
{
    /// <summary>At most one of each type.</summary>
    public IReadOnlyList<LimitRangeItem> Limits { get; init => field = value ?? []; } = [];
}

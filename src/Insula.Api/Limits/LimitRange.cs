using Insula.Api.Meta;

namespace Insula.Api.Limits;

/// <summary>What pods and claims of a namespace may request at least and at most, and what they get that say nothing (core/v1 LimitRange).</summary>
public sealed record LimitRange
{
    /// <summary>Always "LimitRange".</summary>
    public string Kind { get; init => field = value ?? "LimitRange"; } = "LimitRange";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The limits.</summary>
    public LimitRangeSpec Spec { get; init => field = value ?? new(); } = new();
}

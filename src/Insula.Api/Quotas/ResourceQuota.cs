using Insula.Api.Meta;

namespace Insula.Api.Quotas;

/// <summary>How much a namespace's objects may have together (core/v1 ResourceQuota).</summary>
public sealed record ResourceQuota
{
    /// <summary>Always "ResourceQuota".</summary>
    public string Kind { get; init => field = value ?? "ResourceQuota"; } = "ResourceQuota";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>How much.</summary>
    public ResourceQuotaSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>How much of it is used; the daemon's to write.</summary>
    public ResourceQuotaStatus Status { get; init => field = value ?? new(); } = new();
}

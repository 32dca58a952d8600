using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>An empty directory (core/v1 EmptyDirVolumeSource).</summary>
public sealed record EmptyDirVolumeSource
{
    /// <summary>"" for disk, Memory for tmpfs, HugePages or HugePages-SIZE for hugetlbfs.</summary>
    public string? Medium { get; init; }

    /// <summary>Largest size in bytes.</summary>
    public Quantity? SizeLimit { get; init; }
}

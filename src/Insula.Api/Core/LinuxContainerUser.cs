namespace Insula.Api.Core;

/// <summary>User and groups on Linux (core/v1 LinuxContainerUser).</summary>
public sealed record LinuxContainerUser
{
    /// <summary>User id.</summary>
    public long Uid { get; init; }

    /// <summary>Group id.</summary>
    public long Gid { get; init; }

    /// <summary>Further group ids.</summary>
    public IReadOnlyList<long> SupplementalGroups { get; init => field = value ?? []; } = [];
}

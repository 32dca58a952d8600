using Insula.Api.Storage;

namespace Insula.Claims;

/// <summary>All that the rules look at.</summary>
public sealed record StorageState
{
    /// <summary>The claims.</summary>
    public required IReadOnlyList<PersistentVolumeClaim> Claims { get; init; }

    /// <summary>The volumes.</summary>
    public required IReadOnlyList<PersistentVolume> Volumes { get; init; }

    /// <summary>The classes.</summary>
    public required IReadOnlyList<StorageClass> Classes { get; init; }

    /// <summary>The claims that pods want which have not ended, by namespace and name.</summary>
    public required IReadOnlySet<(string Namespace, string Claim)> Wanted { get; init; }

    /// <summary>The claims that are to be made for pods which live.</summary>
    public IReadOnlyList<EphemeralClaim> Ephemeral { get; init; } = [];

    /// <summary>The volumes that pods have, by name: also those whose claim has been torn from them.</summary>
    public required IReadOnlySet<string> InUse { get; init; }

    /// <summary>What drivers have come to, by the uid of the volume.</summary>
    public required IReadOnlyDictionary<string, DriverWork> Work { get; init; }

    /// <summary>The drivers there are.</summary>
    public required IReadOnlySet<string> Drivers { get; init; }
}

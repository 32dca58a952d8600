namespace Insula.Api.Storage;

/// <summary>A volume of a driver (core/v1 CSIPersistentVolumeSource).</summary>
public sealed record CsiPersistentVolumeSource
{
    /// <summary>The driver.</summary>
    public string Driver { get; init => field = value ?? ""; } = "";

    /// <summary>What the driver calls it.</summary>
    public string VolumeHandle { get; init => field = value ?? ""; } = "";

    /// <summary>Whether nobody may write.</summary>
    public bool ReadOnly { get; init; }
}

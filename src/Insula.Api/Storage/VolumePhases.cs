namespace Insula.Api.Storage;

/// <summary>What state a volume is in.</summary>
public static class VolumePhases
{
    /// <summary>It is being made.</summary>
    public const string Pending = "Pending";

    /// <summary>It waits for a claim.</summary>
    public const string Available = "Available";

    /// <summary>It is a claim's.</summary>
    public const string Bound = "Bound";

    /// <summary>Its claim is gone.</summary>
    public const string Released = "Released";

    /// <summary>It could not be removed.</summary>
    public const string Failed = "Failed";
}

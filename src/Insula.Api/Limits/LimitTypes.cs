namespace Insula.Api.Limits;

/// <summary>What limits are for.</summary>
public static class LimitTypes
{
    /// <summary>Each container, init containers too.</summary>
    public const string Container = "Container";

    /// <summary>A pod's containers together.</summary>
    public const string Pod = "Pod";

    /// <summary>Each claim, by the storage it requests.</summary>
    public const string PersistentVolumeClaim = "PersistentVolumeClaim";
}

namespace Insula.Api.Nodes;

/// <summary>Types of the machine's conditions.</summary>
public static class NodeConditionTypes
{
    /// <summary>"Ready".</summary>
    public const string Ready = "Ready";

    /// <summary>"MemoryPressure".</summary>
    public const string MemoryPressure = "MemoryPressure";

    /// <summary>"DiskPressure".</summary>
    public const string DiskPressure = "DiskPressure";

    /// <summary>"NetworkUnavailable".</summary>
    public const string NetworkUnavailable = "NetworkUnavailable";

    /// <summary>"PIDPressure".</summary>
    public const string PidPressure = "PIDPressure";
}

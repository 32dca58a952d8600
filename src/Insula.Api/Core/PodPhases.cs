namespace Insula.Api.Core;

/// <summary>Values of PodStatus.Phase.</summary>
public static class PodPhases
{
    /// <summary>"Pending".</summary>
    public const string Pending = "Pending";

    /// <summary>"Running".</summary>
    public const string Running = "Running";

    /// <summary>"Succeeded".</summary>
    public const string Succeeded = "Succeeded";

    /// <summary>"Failed".</summary>
    public const string Failed = "Failed";

    /// <summary>"Unknown".</summary>
    public const string Unknown = "Unknown";
}

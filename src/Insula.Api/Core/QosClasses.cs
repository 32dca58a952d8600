namespace Insula.Api.Core;

/// <summary>Values of PodStatus.QosClass.</summary>
public static class QosClasses
{
    /// <summary>"Guaranteed".</summary>
    public const string Guaranteed = "Guaranteed";

    /// <summary>"Burstable".</summary>
    public const string Burstable = "Burstable";

    /// <summary>"BestEffort".</summary>
    public const string BestEffort = "BestEffort";
}

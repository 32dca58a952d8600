namespace Insula.Api.Core;

/// <summary>Values of <c>preemptionPolicy</c>.</summary>
public static class PreemptionPolicies
{
    /// <summary>Pods of less priority may be ended to make room; the default.</summary>
    public const string PreemptLowerPriority = "PreemptLowerPriority";

    /// <summary>The pod waits for room.</summary>
    public const string Never = "Never";
}

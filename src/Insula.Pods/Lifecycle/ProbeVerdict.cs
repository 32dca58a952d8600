namespace Insula.Pods.Lifecycle;

/// <summary>What a probe says after its thresholds.</summary>
public enum ProbeVerdict
{
    /// <summary>Nothing yet.</summary>
    Unknown,

    /// <summary>The success threshold was reached, or the initial state is success (liveness).</summary>
    Success,

    /// <summary>The failure threshold was reached, or the initial state is failure (readiness).</summary>
    Failure,
}

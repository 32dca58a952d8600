namespace Insula.Api.Workloads;

/// <summary>Types of conditions of workloads.</summary>
public static class ConditionTypes
{
    /// <summary>"Available": of a Deployment, enough pods are.</summary>
    public const string Available = "Available";

    /// <summary>"Progressing": of a Deployment, its update goes on or is done.</summary>
    public const string Progressing = "Progressing";

    /// <summary>"ReplicaFailure": pods cannot be made.</summary>
    public const string ReplicaFailure = "ReplicaFailure";

    /// <summary>"Complete": of a Job.</summary>
    public const string Complete = "Complete";

    /// <summary>"Failed": of a Job.</summary>
    public const string Failed = "Failed";

    /// <summary>"Suspended": of a Job.</summary>
    public const string Suspended = "Suspended";

    /// <summary>"SuccessCriteriaMet": of a Job that will be complete once its pods have ended.</summary>
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";

    /// <summary>"FailureTarget": of a Job that will have failed once its pods have ended.</summary>
    public const string FailureTarget = "FailureTarget";
}

namespace Insula.Api.Core;

/// <summary>Values of PodSpec.RestartPolicy.</summary>
public static class RestartPolicies
{
    /// <summary>"Always".</summary>
    public const string Always = "Always";

    /// <summary>"OnFailure".</summary>
    public const string OnFailure = "OnFailure";

    /// <summary>"Never".</summary>
    public const string Never = "Never";
}

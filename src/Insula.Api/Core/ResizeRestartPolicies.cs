namespace Insula.Api.Core;

/// <summary>Values of resizePolicy[].restartPolicy.</summary>
public static class ResizeRestartPolicies
{
    /// <summary>"NotRequired": the container runs on; what a resource without a policy has.</summary>
    public const string NotRequired = "NotRequired";

    /// <summary>"RestartContainer": the container is stopped, and started with the new amounts.</summary>
    public const string RestartContainer = "RestartContainer";
}

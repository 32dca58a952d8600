namespace Insula.Api.Core;

/// <summary>Values of Container.ImagePullPolicy.</summary>
public static class PullPolicies
{
    /// <summary>"Always".</summary>
    public const string Always = "Always";

    /// <summary>"IfNotPresent".</summary>
    public const string IfNotPresent = "IfNotPresent";

    /// <summary>"Never".</summary>
    public const string Never = "Never";
}

namespace Insula.Api.Core;

/// <summary>How many families of addresses a Service has (core/v1 IPFamilyPolicy).</summary>
public static class IPFamilyPolicies
{
    /// <summary>One.</summary>
    public const string SingleStack = "SingleStack";

    /// <summary>Both where the daemon has both, otherwise one.</summary>
    public const string PreferDualStack = "PreferDualStack";

    /// <summary>Both, or it is refused.</summary>
    public const string RequireDualStack = "RequireDualStack";
}

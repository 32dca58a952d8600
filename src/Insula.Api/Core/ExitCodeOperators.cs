namespace Insula.Api.Core;

/// <summary>Values of ContainerRestartRuleOnExitCodes.Operator.</summary>
public static class ExitCodeOperators
{
    /// <summary>"In".</summary>
    public const string In = "In";

    /// <summary>"NotIn".</summary>
    public const string NotIn = "NotIn";
}

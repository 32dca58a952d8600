namespace Insula.Api.Core;

/// <summary>Values of ContainerRestartRule.Action.</summary>
public static class RestartRuleActions
{
    /// <summary>"Restart".</summary>
    public const string Restart = "Restart";

    /// <summary>"RestartAllContainers".</summary>
    public const string RestartAllContainers = "RestartAllContainers";
}

namespace Insula.Api.Core;

/// <summary>What happens after certain exit codes of a container (core/v1 ContainerRestartRule).</summary>
public sealed record ContainerRestartRule
{
    /// <summary>See <see cref="RestartRuleActions"/>.</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>The exit codes it is for.</summary>
    public ContainerRestartRuleOnExitCodes? ExitCodes { get; init; }

    /// <summary>Whether it is for an exit code.</summary>
    public bool Fits(int exitCode) => ExitCodes switch
    {
        { Operator: ExitCodeOperators.In } codes => codes.Values.Contains(exitCode),
        { Operator: ExitCodeOperators.NotIn } codes => !codes.Values.Contains(exitCode),
        _ => false,
    };
}

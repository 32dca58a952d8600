namespace Insula.Api.Core;

/// <summary>Exit codes of a restart rule (core/v1 ContainerRestartRuleOnExitCodes).</summary>
public sealed record ContainerRestartRuleOnExitCodes
{
    /// <summary>See <see cref="ExitCodeOperators"/>.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>The exit codes.</summary>
    public IReadOnlyList<int> Values { get; init => field = value ?? []; } = [];
}

namespace Insula.Api.Core;

/// <summary>A command run in the container (core/v1 ExecAction).</summary>
public sealed record ExecAction
{
    /// <summary>The command and its arguments; no shell.</summary>
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];
}

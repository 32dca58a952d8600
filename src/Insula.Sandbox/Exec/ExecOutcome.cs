namespace Insula.Sandbox.Exec;

/// <summary>What became of a command run to its end.</summary>
/// <param name="Result">How it ended; null when the timeout ended it.</param>
/// <param name="Output">The first bytes of its standard output and error, as they came.</param>
/// <param name="Truncated">Whether there was more output than was kept.</param>
public sealed record ExecOutcome(ExecResult? Result, ReadOnlyMemory<byte> Output, bool Truncated)
{
    /// <summary>Whether the timeout ended it.</summary>
    public bool TimedOut => Result is null;
}

namespace Insula.Sandbox.Exec;

/// <summary>How a command ended.</summary>
/// <param name="Code">The exit code, 0–255; 128 + the signal when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="FinishedAt">When, by the shim's clock.</param>
public sealed record ExecResult(int Code, int Signal, DateTimeOffset FinishedAt);

namespace Insula.Sandbox.Shim;

/// <summary>How a container or command ended, in the shim's terms.</summary>
/// <param name="Code">The exit code, or 128 + the signal.</param>
/// <param name="Signal">The signal, or 0.</param>
/// <param name="FinishedAt">When.</param>
internal sealed record ShimExit(int Code, int Signal, DateTimeOffset FinishedAt);

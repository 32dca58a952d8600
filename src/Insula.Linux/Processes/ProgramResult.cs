namespace Insula.Linux.Processes;

/// <summary>What became of a child.</summary>
/// <param name="ExitCode">0 for success; 128 plus the signal when one ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
/// <param name="Pid">The number it had.</param>
public sealed record ProgramResult(int ExitCode, string Output, string Error, int Pid = 0);

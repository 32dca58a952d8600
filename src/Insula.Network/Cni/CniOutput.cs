namespace Insula.Network.Cni;

/// <summary>What a plug-in has said.</summary>
/// <param name="ExitCode">0 for success; 128 plus the signal when one ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">The beginning of its standard error.</param>
internal sealed record CniOutput(int ExitCode, string Output, string Error);

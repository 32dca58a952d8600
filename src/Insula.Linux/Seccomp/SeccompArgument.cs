namespace Insula.Linux.Seccomp;

/// <summary>A condition on one argument of a call.</summary>
/// <param name="Index">Which argument, 0–5.</param>
/// <param name="Comparison">How to compare.</param>
/// <param name="Value">With what; the mask of <see cref="SeccompComparison.MaskedEqual"/>.</param>
/// <param name="MaskedValue">What the masked argument must equal, for <see cref="SeccompComparison.MaskedEqual"/> alone.</param>
public sealed record SeccompArgument(uint Index, SeccompComparison Comparison, ulong Value, ulong MaskedValue = 0);

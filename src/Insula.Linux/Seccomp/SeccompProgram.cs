namespace Insula.Linux.Seccomp;

/// <summary>A compiled system call filter.</summary>
/// <param name="Instructions">An array of <c>struct sock_filter</c>, 8 bytes each.</param>
/// <param name="Flags">SECCOMP_FILTER_FLAG_* it is loaded with, see seccomp(2).</param>
public sealed record SeccompProgram(ReadOnlyMemory<byte> Instructions, uint Flags);

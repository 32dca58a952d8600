namespace Insula.Sandbox.Containers;

/// <summary>A limit of setrlimit(2).</summary>
/// <param name="Name">The kernel's name without its prefix in lower case, for example <c>nofile</c>.</param>
/// <param name="Soft">The soft limit; <see cref="ulong.MaxValue"/> for none.</param>
/// <param name="Hard">The hard limit; <see cref="ulong.MaxValue"/> for none.</param>
public sealed record ResourceLimit(string Name, ulong Soft, ulong Hard);

namespace Insula.Linux.Cgroups;

/// <summary>How long a cgroup's tasks have waited for a resource (PSI, Documentation/accounting/psi.rst).</summary>
/// <param name="WaitingMicroseconds">Time in which at least one task waited (<c>some</c>).</param>
/// <param name="StalledMicroseconds">Time in which all that could have run waited (<c>full</c>).</param>
public sealed record Pressure(long WaitingMicroseconds, long StalledMicroseconds);

namespace Insula.Linux.Kernel;

/// <summary>Something the kernel or the host offers, or lacks.</summary>
/// <param name="Name">Its name, such as <c>cgroup.kill</c>.</param>
/// <param name="Available">Whether it is there.</param>
/// <param name="Required">Whether nothing works without it.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Disables">What its lack disables.</param>
public sealed record KernelFeature(string Name, bool Available, bool Required, string Detail, string Disables);

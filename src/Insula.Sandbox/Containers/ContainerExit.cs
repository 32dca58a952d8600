namespace Insula.Sandbox.Containers;

/// <summary>How a container ended.</summary>
/// <param name="Code">The exit code, 0–255; 128 + the signal when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="FinishedAt">When, by the shim's clock.</param>
/// <param name="OomKilled">Whether the kernel killed a process of the container for its memory limit.</param>
public sealed record ContainerExit(int Code, int Signal, DateTimeOffset FinishedAt, bool OomKilled);

namespace Insula.Sandbox;

/// <summary>A tmpfs held by the pod's mount namespace, so that it lives as long as the sandbox and survives the
/// restarts of containers. Containers reach it at <see cref="PodPaths.MemoryVolume"/>.</summary>
/// <param name="Name">The volume's name: one path component.</param>
/// <param name="SizeBytes">Its limit in bytes; 0 leaves the kernel's own (half of the memory).</param>
/// <param name="Mode">Permission bits of its root directory.</param>
/// <param name="Group">Group of its root directory, as the pod sees it.</param>
public sealed record MemoryVolume(string Name, long SizeBytes, uint Mode, uint Group = 0);

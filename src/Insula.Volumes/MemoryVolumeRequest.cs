namespace Insula.Volumes;

/// <summary>A memory-backed emptyDir that the sandbox has to hold.</summary>
/// <param name="Name">The volume's name.</param>
/// <param name="SizeBytes">Its sizeLimit in bytes; 0 for none.</param>
/// <param name="Mode">Permission bits of its root.</param>
/// <param name="Group">Group of its root, as the pod sees it.</param>
public sealed record MemoryVolumeRequest(string Name, long SizeBytes, uint Mode, uint Group = 0);

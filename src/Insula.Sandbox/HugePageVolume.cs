namespace Insula.Sandbox;

/// <summary>A hugetlbfs in place of a <see cref="MemoryVolume"/> of the same name, which the sandbox was made with.</summary>
/// <param name="Name">The volume's name.</param>
/// <param name="PageBytes">The size of its pages.</param>
/// <param name="SizeBytes">Its limit in bytes, whole pages.</param>
/// <param name="Mode">Permission bits of its root directory.</param>
/// <param name="Group">Group of its root directory, as the pod sees it.</param>
public sealed record HugePageVolume(string Name, long PageBytes, long SizeBytes, uint Mode, uint Group);

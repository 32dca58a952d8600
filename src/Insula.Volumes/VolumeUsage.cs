namespace Insula.Volumes;

/// <summary>How much a volume holds.</summary>
/// <param name="Name">The volume.</param>
/// <param name="UsedBytes">Allocated bytes.</param>
/// <param name="LimitBytes">Its sizeLimit in bytes.</param>
public sealed record VolumeUsage(string Name, long UsedBytes, long LimitBytes);

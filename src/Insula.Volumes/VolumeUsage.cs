using Insula.Api.Values;

namespace Insula.Volumes;

/// <summary>How much a volume holds.</summary>
/// <param name="Name">The volume.</param>
/// <param name="UsedBytes">Allocated bytes.</param>
/// <param name="Limit">Its sizeLimit; null for none.</param>
public sealed record VolumeUsage(string Name, long UsedBytes, Quantity? Limit);

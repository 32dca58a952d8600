namespace Insula.Workloads.Disruptions;

/// <summary>Why a pod may not be evicted.</summary>
/// <param name="IsForGood">Whether it makes no sense to ask again.</param>
/// <param name="Message">For people.</param>
public sealed record EvictionRefusal(bool IsForGood, string Message);

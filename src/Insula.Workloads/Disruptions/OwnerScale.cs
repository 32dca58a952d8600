namespace Insula.Workloads.Disruptions;

/// <summary>The workload that a pod counts for.</summary>
/// <param name="Uid">Its uid.</param>
/// <param name="Replicas">How many pods it should have; null when it knows no such number.</param>
/// <param name="Resource">Its resource.</param>
public sealed record OwnerScale(string Uid, int? Replicas, string Resource);

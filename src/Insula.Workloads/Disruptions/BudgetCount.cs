namespace Insula.Workloads.Disruptions;

/// <summary>What a budget comes to.</summary>
/// <param name="Expected">How many pods there should be.</param>
/// <param name="Desired">How many have to be ready.</param>
/// <param name="Healthy">How many are.</param>
/// <param name="Failure">Why it cannot be told; null when it can.</param>
public sealed record BudgetCount(int Expected, int Desired, int Healthy, string? Failure = null)
{
    /// <summary>How many pods may be evicted.</summary>
    public int Allowed => Failure is null && Expected > 0 ? Math.Max(Healthy - Desired, 0) : 0;
}

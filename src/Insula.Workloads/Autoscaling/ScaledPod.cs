namespace Insula.Workloads.Autoscaling;

/// <summary>A pod of the workload that is scaled.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="IsEnding">Whether it is being deleted.</param>
/// <param name="StartedAt">When it was begun; null when it has not been.</param>
/// <param name="IsReady">Its condition Ready; null when it has none yet.</param>
/// <param name="ReadyChangedAt">When that changed last.</param>
/// <param name="MeasuredSince">When the window began in which its use was measured; null when it was not.</param>
/// <param name="Containers">Its containers that count: init containers that have ended do not.</param>
public sealed record ScaledPod(
    string Name, string Phase, bool IsEnding, DateTimeOffset? StartedAt, bool? IsReady, DateTimeOffset? ReadyChangedAt, DateTimeOffset? MeasuredSince,
    IReadOnlyList<ScaledContainer> Containers)
{
    /// <summary>For so long after its start a pod's use of CPU counts only when it is ready and was throughout the window: it is busy with starting.</summary>
    private static readonly TimeSpan s_initialization = TimeSpan.FromMinutes(5);

    /// <summary>A pod that was unready so soon after its start, and is still, has never been ready.</summary>
    private static readonly TimeSpan s_initialReadiness = TimeSpan.FromSeconds(30);

    /// <summary>What it uses of a resource, or one of its containers does; null when that is not known.</summary>
    public long? Use(string resource, string? container) => MeasuredSince is null ? null : Sum(container, c => c.Use.Of(resource));

    /// <summary>What it requests as a whole, beside its containers.</summary>
    public ResourceAmounts Requests { get; init; } = new(null, null);

    /// <summary>What it requests; null when neither it nor one of its containers requests anything.</summary>
    public long? Request(string resource, string? container) => container is null && Requests.Of(resource) is { } whole ? whole : Sum(container, c => c.Requests.Of(resource));

    /// <summary>Whether its use tells nothing about the load, since it has only begun (replica_calculator.go, groupPods).</summary>
    internal bool IsUnready(string resource, DateTimeOffset now)
    {
        if (Phase == "Pending")
        {
            return true;
        }

        if (resource != "cpu")
        {
            return false;
        }

        if (IsReady is not { } ready || StartedAt is not { } started)
        {
            return true;
        }

        return started + s_initialization > now
            ? !ready || MeasuredSince < ReadyChangedAt
            : !ready && started + s_initialReadiness > ReadyChangedAt;
    }

    private long? Sum(string? container, Func<ScaledContainer, long?> amount)
    {
        var counted = Containers.Where(c => container is null || c.Name == container).Select(amount).ToList();
        return counted.Count == 0 || counted.Contains(null) ? null : counted.Sum();
    }
}

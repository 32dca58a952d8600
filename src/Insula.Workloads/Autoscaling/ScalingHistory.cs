namespace Insula.Workloads.Autoscaling;

/// <summary>What an autoscaler has to remember to change slowly. It is in memory alone: a new daemon begins with the number it finds.</summary>
/// <param name="Recommendations">What was recommended, the oldest first.</param>
/// <param name="Changes">By how much the number was changed, the oldest first.</param>
public sealed record ScalingHistory(IReadOnlyList<ScalingChange> Recommendations, IReadOnlyList<ScalingChange> Changes)
{
    // The longest window and period that may be asked for.
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <summary>The history of an autoscaler that is new here: what it finds is what was recommended.</summary>
    public static ScalingHistory Begin(int current, DateTimeOffset now) => new([new(now, current)], []);

    internal ScalingHistory Recommended(int replicas, DateTimeOffset now) => this with { Recommendations = [.. Recent(Recommendations, now), new(now, replicas)] };

    internal ScalingHistory Changed(int by, DateTimeOffset now) => this with { Changes = [.. Recent(Changes, now), new(now, by)] };

    private static IEnumerable<ScalingChange> Recent(IReadOnlyList<ScalingChange> all, DateTimeOffset now) => all.Where(c => c.At > now - s_longest);
}

using Insula.Api.Autoscaling;

namespace Insula.Workloads.Autoscaling;

/// <summary>How fast an autoscaler may go (podautoscaler/horizontal.go, …WithBehaviors).</summary>
internal sealed class ScalingPace
{
    private const double Tolerance = 0.1;
    private const int DownWindow = 300;
    private const int Period = 15;

    private static readonly ScalingRules s_up = new()
    {
        StabilizationWindowSeconds = 0,
        SelectPolicy = MetricTypes.Max,
        Policies = [new() { Type = MetricTypes.Pods, Value = 4, PeriodSeconds = Period }, new() { Type = MetricTypes.Percent, Value = 100, PeriodSeconds = Period }],
    };

    private static readonly ScalingRules s_down = new()
    {
        StabilizationWindowSeconds = DownWindow,
        SelectPolicy = MetricTypes.Max,
        Policies = [new() { Type = MetricTypes.Percent, Value = 100, PeriodSeconds = Period }],
    };

    private readonly ScalingRules _up;
    private readonly ScalingRules _down;

    public ScalingPace(ScalingBehavior? behavior) => (_up, _down) = (behavior?.ScaleUp ?? s_up, behavior?.ScaleDown ?? s_down);

    /// <summary>Whether a ratio of use to target is near enough to 1.</summary>
    public bool IsTolerated(double ratio) => ratio >= 1 - Of(_down) && ratio <= 1 + Of(_up);

    /// <summary>The most cautious of what was recommended lately: upwards the least, downwards the most.</summary>
    public int Stabilize(int current, int recommended, IReadOnlyList<ScalingChange> recommendations, DateTimeOffset now)
    {
        var up = Within(recommendations, now, _up.StabilizationWindowSeconds ?? 0).Select(r => r.Replicas).Append(recommended).Min();
        var down = Within(recommendations, now, _down.StabilizationWindowSeconds ?? DownWindow).Select(r => r.Replicas).Append(recommended).Max();
        return current < up ? up : current > down ? down : current;
    }

    /// <summary>The most pods there may be now.</summary>
    public int Most(int current, IReadOnlyList<ScalingChange> changes, DateTimeOffset now) => _up.SelectPolicy == MetricTypes.Disabled
        ? current
        : Math.Max(current, Select(_up, largest: true, policy =>
        {
            var began = Began(current, changes, policy, now);
            return policy.Type == MetricTypes.Pods ? began + policy.Value : (int)Math.Ceiling(began * (1 + (policy.Value / 100.0)) - 1e-9);
        }));

    /// <summary>The fewest pods there may be now.</summary>
    public int Fewest(int current, IReadOnlyList<ScalingChange> changes, DateTimeOffset now) => _down.SelectPolicy == MetricTypes.Disabled
        ? current
        : Math.Min(current, Select(_down, largest: false, policy =>
        {
            var began = Began(current, changes, policy, now);
            return policy.Type == MetricTypes.Pods ? began - policy.Value : (int)(began * (1 - (policy.Value / 100.0)));
        }));

    // Max is the largest change: upwards the most pods, downwards the fewest.
    private static int Select(ScalingRules rules, bool largest, Func<ScalingPolicy, int> limit) =>
        largest == (rules.SelectPolicy != MetricTypes.Min) ? rules.Policies.Max(limit) : rules.Policies.Min(limit);

    // How many there were when the policy's period began.
    private static int Began(int current, IReadOnlyList<ScalingChange> changes, ScalingPolicy policy, DateTimeOffset now) =>
        current - Within(changes, now, policy.PeriodSeconds).Sum(c => c.Replicas);

    private static IEnumerable<ScalingChange> Within(IReadOnlyList<ScalingChange> all, DateTimeOffset now, int seconds) => all.Where(c => c.At > now.AddSeconds(-seconds));

    private static double Of(ScalingRules rules) => rules.Tolerance is { } tolerance ? tolerance.MilliValue / 1000.0 : Tolerance;
}

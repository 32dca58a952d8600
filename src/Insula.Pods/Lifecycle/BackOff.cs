namespace Insula.Pods.Lifecycle;

/// <summary>
/// The crash back-off of one container: the delay that the next restart waits after an exit. As in the kubelet, the
/// first restart comes at once and arms the initial delay; each further restart doubles it up to the maximum, and a
/// container that ran long enough since its last restart begins anew.
/// </summary>
/// <param name="Delay">The delay armed by the last restart.</param>
/// <param name="UpdatedAt">When it was armed.</param>
public sealed record BackOff(TimeSpan Delay, DateTimeOffset UpdatedAt)
{
    /// <summary>When a container that finished at <paramref name="finishedAt"/> may start again.</summary>
    public static DateTimeOffset Due(BackOff? current, DateTimeOffset finishedAt, BackOffRules rules) =>
        current is null || Expired(current, finishedAt, rules) ? finishedAt : finishedAt + current.Delay;

    /// <summary>The back-off armed by a restart at <paramref name="now"/> after an exit at <paramref name="finishedAt"/>.</summary>
    public static BackOff Next(BackOff? current, DateTimeOffset finishedAt, DateTimeOffset now, BackOffRules rules)
    {
        if (current is null || Expired(current, finishedAt, rules))
        {
            return new BackOff(Min(rules.Initial, rules.Max), now);
        }

        return new BackOff(Min(current.Delay * 2, rules.Max), now);
    }

    private static bool Expired(BackOff current, DateTimeOffset finishedAt, BackOffRules rules) =>
        finishedAt - current.UpdatedAt > rules.Reset;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

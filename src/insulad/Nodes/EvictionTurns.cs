using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Microsoft.Extensions.Logging;

namespace Insulad.Nodes;

/// <summary>
/// What is done when the machine is short of something, one step a turn: of disk, first what nobody uses is removed; then one pod is evicted and waited for. What
/// came of it is seen before the next turn.
/// </summary>
/// <param name="pods">The pods.</param>
/// <param name="images">The images.</param>
/// <param name="rules">How much must be left, and what pods have to end in.</param>
/// <param name="read">What is left.</param>
/// <param name="time">Tells how long something has been lacking.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class EvictionTurns(
    IPodEvictions pods, ImageCollector images, EvictionRules rules, Func<IReadOnlyList<SignalLevel>> read, TimeProvider time, ILogger logger)
{
    private readonly LackWatch _watch = new(rules.Thresholds);
    private readonly long _start = time.GetTimestamp();
    private string? _said;

    // Not by the clock of the wall, which is set.
    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>What the machine has too little of, also where nothing is to be done about it yet.</summary>
    public IReadOnlyList<Lack> Lacks() => _watch.Look(read(), Now);

    /// <summary>How long it takes until something is to be done about a lack that there was at the last look; null for never.</summary>
    public TimeSpan? NextDue() => _watch.NextDue(Now);

    /// <summary>Does a step for the first lack that something can be done about.</summary>
    /// <param name="lacks">What the machine has too little of, and something is to be done about.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Whether anything was done, so that it is worth looking again at once.</returns>
    public async Task<bool> TakeAsync(IReadOnlyList<Lack> lacks, CancellationToken ct)
    {
        try
        {
            if (await pods.SettleAsync(hurry: lacks.Any(l => l.IsHard), ct))
            {
                return true;
            }

            foreach (var lack in lacks)
            {
                if (await HelpAsync(lack, ct))
                {
                    _said = null;
                    return true;
                }
            }

            Say(lacks);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // Whatever it was, most likely that not even this could be recorded, or read: a machine that is short of something keeps who helps it.
            LogFailed(e);
        }

        return false;
    }

    private async Task<bool> HelpAsync(Lack lack, CancellationToken ct)
    {
        if (lack.Signal.IsOfDisk())
        {
            await ClearAsync(lack.Signal, ct);
        }

        if (Due(lack.Signal) is not { } left)
        {
            return true;
        }

        if (!left.Signal.IsOfPods() || EvictionRanking.Order(left.Signal, await pods.ReadCandidatesAsync(left.Signal, ct)) is not [var first, ..])
        {
            return false;
        }

        LogEviction(first.Name, left);
        if (!await pods.EvictAsync(first.Uid, left.Signal, EvictionRanking.Message(left, first), left.IsHard ? null : rules.MostGrace, ct))
        {
            LogSlow(first.Name);
        }

        return true;
    }

    // What lies on another disk does not help this one.
    private async Task ClearAsync(EvictionSignal signal, CancellationToken ct)
    {
        if (signal.IsOfPods())
        {
            await pods.CollectAsync(ct);
        }

        if (!signal.IsOfPods() || read().All(l => l.Signal.IsOfPods()))
        {
            await images.FreeAsync(() => Due(signal) is null, ct);
        }
    }

    private Lack? Due(EvictionSignal signal) => Lacks().FirstOrDefault(l => l.Signal == signal && l.IsDue);

    // Once, as long as it is the same.
    private void Say(IReadOnlyList<Lack> lacks)
    {
        var said = string.Join(", ", lacks.Select(l => l.Signal.Name()));
        if (said != _said && lacks.Count > 0)
        {
            LogNobody(string.Join(", ", lacks));
        }

        _said = said;
    }

    [LoggerMessage(1, LogLevel.Warning, "pod {Pod} is evicted: {Lack}")]
    private partial void LogEviction(string pod, Lack lack);

    [LoggerMessage(2, LogLevel.Warning, "pod {Pod} was evicted, and does not end")]
    private partial void LogSlow(string pod);

    [LoggerMessage(3, LogLevel.Warning, "there is nobody to evict, while {Lacks}")]
    private partial void LogNobody(string lacks);

    [LoggerMessage(4, LogLevel.Warning, "room could not be made yet")]
    private partial void LogFailed(Exception exception);
}

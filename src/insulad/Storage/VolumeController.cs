using System.Threading.Channels;
using Insula.Api.Json;
using Insula.Api.Pods;
using Insula.Api.Storage;
using Insula.Claims;
using Insula.Pods;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http.Strategies;
using Microsoft.Extensions.Logging;

namespace Insulad.Storage;

/// <summary>
/// Follows claims, volumes, classes and pods, asks the rules what is to be done, and does it. All that is known is in the store and with the drivers,
/// so that who comes after a daemon that was killed goes on where it was.
/// </summary>
internal sealed partial class VolumeController(
    IObjectStore store, IPodService pods, IReadOnlyList<IVolumeDriver> drivers, DaemonOptions options, TimeProvider time, ILogger<VolumeController> logger)
    : StoreFollower("following volumes", time, logger)
{
    /// <summary>After so many steps without a pause something is wrong, and each further one waits.</summary>
    private const int MostSteps = 1000;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ObjectEvents _events = new(store, options, time);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // What was said of each object last: it is said again when it has been otherwise meanwhile.
    private Dictionary<string, (string Type, string Reason, string Message)> _said = [];
    private DriverRuns? _runs;
    private PendingRead<WatchEvent>? _coming;
    private PendingRead<bool>? _waked;

    protected override async Task RunAsync(CancellationToken ct)
    {
        // What an earlier turn of this loop has begun goes on.
        var runs = _runs ??= new DriverRuns(drivers, () => _wake.Writer.TryWrite(true), Time, logger);
        var index = new StorageIndex();
        var writer = new StorageWriter(store, index, Time);
        using var watch = store.Follow(change => StorageIndex.Resources.Contains(change.Object!.Key.Resource));
        _coming = new PendingRead<WatchEvent>(watch.Events);
        _waked ??= new PendingRead<bool>(_wake.Reader);
        foreach (var item in StorageIndex.Resources.SelectMany(r => store.List(r, null).Items))
        {
            index.Update(item.Key, item);
        }

        void Released() => _wake.Writer.TryWrite(true);
        pods.VolumesChanged += Released;
        try
        {
            var steps = 0;
            while (true)
            {
                var decision = await StepAsync(index, writer, runs, ct);
                if (decision.Changes.Count > 0 && ++steps <= MostSteps)
                {
                    Hear(index, watch);
                    continue;
                }

                if (steps > MostSteps)
                {
                    LogStepping(string.Join(", ", decision.Changes.Take(3)));
                    await Task.Delay(s_pause, Time, ct);
                }

                steps = 0;
                if (!await WaitAsync(index, watch, decision.LookAgain, ct))
                {
                    break;
                }
            }
        }
        finally
        {
            pods.VolumesChanged -= Released;
        }

        // Ends with the exception that ended the watch, if one did.
        await watch.Events.Completion;
    }

    private async Task<StorageDecision> StepAsync(StorageIndex index, StorageWriter writer, DriverRuns runs, CancellationToken ct)
    {
        var volumes = index.Volumes;
        runs.Forget(volumes.Select(v => v.Metadata.Uid!).ToHashSet());
        var decision = StorageController.Decide(
            new StorageState
            {
                Claims = index.Claims,
                Volumes = volumes,
                Classes = index.Classes,
                Wanted = index.Wanted,
                Ephemeral = index.Ephemeral,
                InUse = pods.VolumesInUse(),
                Work = runs.Now,
                Drivers = VolumeStrategy.Drivers,
            },
            Time.GetUtcNow());
        await TellAsync(index, decision.Notes, ct);
        await writer.ApplyAsync([.. decision.Changes.Where(c => c is not (StorageChange.Make or StorageChange.Unmake))], ct);
        if (decision.Changes.Count > 0)
        {
            Failpoint.Hit("claims.changes.made");
        }

        foreach (var edit in decision.Changes.OfType<StorageChange.Edit>().Where(e => e.Of.Resource == ObjectSeen.Volumes && e.Patch["spec"]?["capacity"] is not null))
        {
            if (index.Volumes.FirstOrDefault(v => v.Metadata.Uid == edit.Of.Metadata.Uid) is { Spec.Csi: not null } volume)
            {
                runs.Expand(volume, PodResources.Amount(ApiJson.Read<PersistentVolumeSpec>(edit.Patch["spec"]!).Capacity, StorageWords.Storage) ?? 0, ct);
            }
        }

        foreach (var change in decision.Changes)
        {
            if (change is StorageChange.Make make)
            {
                runs.Make(make.Volume, ct);
            }
            else if (change is StorageChange.Unmake unmake)
            {
                runs.Unmake(unmake.Volume, ct);
            }
        }

        return decision;
    }

    private async Task TellAsync(StorageIndex index, IReadOnlyList<StorageNote> notes, CancellationToken ct)
    {
        var said = new Dictionary<string, (string Type, string Reason, string Message)>();
        foreach (var note in notes)
        {
            var uid = note.About.Metadata.Uid!;
            said[uid] = (note.Type, note.Reason, note.Message);
            if ((!_said.TryGetValue(uid, out var before) || before != said[uid]) && index.Find(note.About) is { } about)
            {
                try
                {
                    await _events.TellAsync(about, note.Type, note.Reason, note.Message, ct);
                }
                catch (StoreException e) when (e.Error is StoreError.Disk)
                {
                    // What is to be said waits for room; what makes room does not wait for that.
                    said.Remove(uid);
                    LogUnsaid(note.Reason, e.Message);
                }
            }
        }

        _said = said;
    }

    /// <summary>Takes in what has come; whether it may change what is decided.</summary>
    private bool Hear(StorageIndex index, ObjectWatch watch)
    {
        var matters = false;
        while (watch.Events.TryRead(out var change))
        {
            if ((change.Object ?? change.Previous) is { } item)
            {
                // What is there now, not what was then: our own later writes are known already.
                matters |= index.Update(item.Key, store.Get(item.Key));
            }
        }

        return matters;
    }

    /// <summary>Waits until something has changed that matters, or it is time; false when the watch has ended.</summary>
    private async Task<bool> WaitAsync(StorageIndex index, ObjectWatch watch, DateTimeOffset? until, CancellationToken ct)
    {
        while (true)
        {
            if (Hear(index, watch) | _wake.Reader.TryRead(out _))
            {
                return true;
            }

            var wait = until is { } time ? time - Time.GetUtcNow() : Timeout.InfiniteTimeSpan;
            if (until is not null && wait <= TimeSpan.Zero)
            {
                return true;
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var heard = _coming!.WaitAsync();
            var first = await Task.WhenAny(heard, _waked!.WaitAsync(), Task.Delay(wait, Time, waiting.Token));
            if (first == heard && !await heard)
            {
                return false;
            }

            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(2, LogLevel.Warning, "the event {Reason} could not be written: {Why}")]
    private partial void LogUnsaid(string reason, string why);

    [LoggerMessage(1, LogLevel.Error, "volumes want more and more without end: {Changes}")]
    private partial void LogStepping(string changes);
}

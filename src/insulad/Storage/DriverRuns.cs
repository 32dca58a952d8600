using Insula.Api.Pods;
using Insula.Api.Storage;
using Insula.Claims;
using Insula.Volumes;
using Insula.Volumes.Drivers;
using Microsoft.Extensions.Logging;

namespace Insulad.Storage;

/// <summary>
/// What drivers are doing, and what came of it. They work beside everything else, one at a time for each volume: a large tree that is removed holds up
/// nobody. What is not told here is done again by the next daemon.
/// </summary>
/// <param name="drivers">The drivers.</param>
/// <param name="told">Called when one has come to an end.</param>
/// <param name="time">The time.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class DriverRuns(IReadOnlyList<IVolumeDriver> drivers, Action told, TimeProvider time, ILogger logger)
{
    private const int LongestDelayStep = 8;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DriverWork Work, int Failures)> _work = [];

    /// <summary>What has come of it, by the uid of the volume.</summary>
    public IReadOnlyDictionary<string, DriverWork> Now
    {
        get
        {
            lock (_lock)
            {
                return _work.ToDictionary(w => w.Key, w => w.Value.Work);
            }
        }
    }

    /// <summary>Has a volume made.</summary>
    public void Make(PersistentVolume volume, CancellationToken ct) => Begin(
        volume, DriverStage.Making, DriverStage.Made, DriverStage.MakeFailed, driver => driver.ProvisionAsync(volume.Spec.Csi!.VolumeHandle, Capacity(volume), ct));

    /// <summary>Has a volume made larger. What fails is done when a pod next gets it.</summary>
    public void Expand(PersistentVolume volume, long capacity, CancellationToken ct) => _ = Task.Run(async () =>
    {
        try
        {
            await drivers.First(d => d.Name == volume.Spec.Csi!.Driver).ExpandAsync(volume.Spec.Csi!.VolumeHandle, capacity, ct);
        }
        catch (VolumeException e)
        {
            LogFailed(volume.Metadata.Name, e.Message);
        }
    }, CancellationToken.None);

    /// <summary>Has a volume removed.</summary>
    public void Unmake(PersistentVolume volume, CancellationToken ct) => Begin(
        volume, DriverStage.Unmaking, DriverStage.Unmade, DriverStage.UnmakeFailed, driver => driver.DeleteAsync(volume.Spec.Csi!.VolumeHandle, ct));

    /// <summary>Forgets volumes that are no more.</summary>
    public void Forget(IReadOnlySet<string> living)
    {
        lock (_lock)
        {
            foreach (var uid in _work.Keys.Where(uid => !living.Contains(uid)).ToList())
            {
                _work.Remove(uid);
            }
        }
    }

    private static long Capacity(PersistentVolume volume) => PodResources.Amount(volume.Spec.Capacity, StorageWords.Storage) ?? 0;

    private void Begin(PersistentVolume volume, DriverStage during, DriverStage done, DriverStage failed, Func<IVolumeDriver, Task> run)
    {
        var uid = volume.Metadata.Uid!;
        int failures;
        lock (_lock)
        {
            failures = _work.GetValueOrDefault(uid) is var before && before.Work?.Stage == failed ? before.Failures : 0;
            _work[uid] = (new DriverWork(during), failures);
        }

        _ = Task.Run(async () =>
        {
            DriverWork ended;
            try
            {
                await run(drivers.First(d => d.Name == volume.Spec.Csi!.Driver));
                Failpoint.MayFail("claims.driver.untold");
                ended = new DriverWork(done);
            }
            catch (Exception e)
            {
                // Whatever it was: a volume that nobody tells of would stay as it is for ever.
                LogFailed(volume.Metadata.Name, e.Message);
                ended = new DriverWork(failed, e.Message, time.GetUtcNow() + (s_firstDelay * (1 << Math.Min(failures, LongestDelayStep))));
            }

            lock (_lock)
            {
                _work[uid] = (ended, ended.Stage == failed ? failures + 1 : 0);
            }

            told();
        }, CancellationToken.None);
    }

    [LoggerMessage(1, LogLevel.Warning, "volume {Volume}: {Reason}; it is tried again")]
    private partial void LogFailed(string volume, string reason);
}

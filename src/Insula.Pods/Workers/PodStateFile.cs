using System.IO.MemoryMappedFiles;
using Insula.Api.Core;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;

namespace Insula.Pods.Workers;

/// <summary>
/// Probe counters and back-offs of one sandbox in a memory-mapped file of the run directory: a daemon that is killed
/// leaves them to its successor without ever having written to a disk. One record a container, in the order of the
/// specification, to which only ephemeral ones can be added, at the end; a record counts only for the start it was written for.
/// </summary>
internal sealed class PodStateFile : IDisposable
{
    private const long Magic = 0x3362_6f72_7061_6c75; // "ulaprob3"
    private const int ConditionsOffset = 16;
    private const int ConditionSize = 16;
    private const int HeaderSize = ConditionsOffset + (4 * ConditionSize);
    private const int RecordSize = 88;
    private const int AttemptOffset = 0;
    private const int BackOffOffset = 8;
    private const int CountersOffset = 24;
    private const int CounterSize = 8;
    private const int HooksOffset = 48;
    private const int StopCauseOffset = 52;
    private const int StopAtOffset = 56;
    private const int StopGraceOffset = 64;
    private const int SignalledOffset = 72;
    private const int RenewedOffset = 80;
    private const int RestartOffset = 8;

    private static readonly string[] Conditions =
    [
        PodConditionTypes.PodReadyToStartContainers, PodConditionTypes.Initialized, PodConditionTypes.Ready, PodConditionTypes.ContainersReady,
    ];

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, int> _index;

    private PodStateFile(MemoryMappedFile file, MemoryMappedViewAccessor view, Dictionary<string, int> index)
    {
        _file = file;
        _view = view;
        _index = index;
    }

    /// <summary>Opens the file, or makes it when it is missing or not of this pod's shape.</summary>
    public static PodStateFile Open(string path, IReadOnlyList<string> containers)
    {
        var size = HeaderSize + (RecordSize * containers.Count);
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var before = stream.Length;
        if (before > size || (before - HeaderSize) % RecordSize != 0)
        {
            stream.SetLength(before = 0);
        }

        stream.SetLength(size);

        var file = MemoryMappedFile.CreateFromFile(stream, null, size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        var view = file.CreateViewAccessor(0, size);
        var known = view.ReadInt64(0) == Magic ? (int)((before - HeaderSize) / RecordSize) : 0;
        for (var i = known; i < containers.Count; i++)
        {
            view.Write(HeaderSize + (i * RecordSize) + AttemptOffset, -1);
        }

        view.Write(0, Magic);

        var index = containers.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i);
        return new PodStateFile(file, view, index);
    }

    /// <summary>The counter of a probe of one start; null when none was kept for it.</summary>
    public ProbeCounter? Counter(string container, int attempt, ProbeKind kind)
    {
        var record = Record(container);
        var at = record + CountersOffset + ((int)kind * CounterSize);
        return _view.ReadInt32(record + AttemptOffset) != attempt || _view.ReadInt32(at + 4) == 0
            ? null
            : new ProbeCounter((ProbeVerdict)_view.ReadByte(at), _view.ReadBoolean(at + 1), _view.ReadInt32(at + 4));
    }

    /// <summary>Keeps a counter.</summary>
    public void Keep(string container, int attempt, ProbeKind kind, ProbeCounter counter)
    {
        var record = Record(container);
        if (_view.ReadInt32(record + AttemptOffset) != attempt)
        {
            return; // the start it belongs to is over
        }

        var at = record + CountersOffset + ((int)kind * CounterSize);
        _view.Write(at, (byte)counter.Verdict);
        _view.Write(at + 1, counter.LastOk);
        _view.Write(at + 4, counter.Run);
    }

    /// <summary>The armed back-off of a container; null when none is.</summary>
    public BackOff? BackOffOf(string container)
    {
        var record = Record(container);
        var delay = _view.ReadInt64(record + BackOffOffset);
        return delay <= 0 ? null : new BackOff(TimeSpan.FromTicks(delay), new DateTimeOffset(_view.ReadInt64(record + BackOffOffset + 8), TimeSpan.Zero));
    }

    /// <summary>Whether a start was the last one begun in this sandbox.</summary>
    public bool IsOfSandbox(string container, int attempt) => _view.ReadInt32(Record(container) + AttemptOffset) == attempt;

    /// <summary>Begins the record of a start: its counters are those before the first result.</summary>
    public void Begin(string container, int attempt, BackOff? backOff)
    {
        var record = Record(container);

        // The attempt last: a successor that finds the old one ignores what is half written.
        _view.Write(record + AttemptOffset, -1);
        _view.Write(record + BackOffOffset, backOff?.Delay.Ticks ?? 0);
        _view.Write(record + BackOffOffset + 8, backOff?.UpdatedAt.UtcTicks ?? 0);
        for (var kind = 0; kind < 3; kind++)
        {
            _view.Write(record + CountersOffset + (kind * CounterSize), 0L);
        }

        _view.Write(record + HooksOffset, 0);
        _view.Write(record + StopAtOffset, 0L);
        _view.Write(record + SignalledOffset, 0L);
        Failpoint.Hit("pods.state.half-written");
        _view.Write(record + AttemptOffset, attempt);
    }

    /// <summary>Keeps how far the hooks and the stop of a start have come.</summary>
    public void Keep(string container, ContainerObservation seen)
    {
        var record = Record(container);
        if (_view.ReadInt32(record + AttemptOffset) != seen.Attempt || !seen.IsLive)
        {
            return;
        }

        _view.Write(record + HooksOffset, (byte)seen.PostStart);
        _view.Write(record + HooksOffset + 1, (byte)seen.PreStop);
        if (seen.Stop is { } stop)
        {
            _view.Write(record + StopCauseOffset, (int)stop.Cause);
            _view.Write(record + StopGraceOffset, stop.Grace.Ticks);
            _view.Write(record + SignalledOffset, seen.SignalledAt?.UtcTicks ?? 0);

            // The time last: without it there is no stop.
            _view.Write(record + StopAtOffset, stop.At.UtcTicks);
        }
    }

    /// <summary>Keeps a restart of all containers that is under way, and which ends are those before one.</summary>
    public void Keep(PodObservation seen)
    {
        foreach (var (name, index) in _index)
        {
            if (seen.Container(name) is { Exit: { Cause: StopCause.RestartAll } exit } container)
            {
                var record = HeaderSize + (index * RecordSize);
                _view.Write(record + BackOffOffset, container.BackOff?.Delay.Ticks ?? 0);
                _view.Write(record + BackOffOffset + 8, container.BackOff?.UpdatedAt.UtcTicks ?? 0);
                _view.Write(record + RenewedOffset, exit.Attempt + 1L);
            }
        }

        // Last: once it is over in here, all ends are known for what they are.
        _view.Write(RestartOffset, seen.Restart is { } restart && _index.TryGetValue(restart.Container, out var asking) ? ((long)(asking + 1) << 32) | (uint)restart.Attempt : 0);
    }

    /// <summary>The restart of all containers that was under way; null when none was.</summary>
    public PodRestart? Restart()
    {
        var kept = _view.ReadInt64(RestartOffset);
        var asking = _index.FirstOrDefault(i => i.Value == (int)(kept >> 32) - 1);
        return kept == 0 || asking.Key is null ? null : new PodRestart(asking.Key, (int)kept);
    }

    /// <summary>Whether a start had ended before all containers began anew.</summary>
    public bool IsRenewed(string container, int attempt) => _view.ReadInt64(Record(container) + RenewedOffset) == attempt + 1L;

    /// <summary>How a start was stopped; null when it was not.</summary>
    /// <param name="container">Its container.</param>
    /// <param name="attempt">Which start.</param>
    /// <param name="now">The time: should the clock have been set back since the stop, its grace begins now.</param>
    public StopOrder? Stopped(string container, int attempt, DateTimeOffset now)
    {
        var record = Record(container);
        return _view.ReadInt32(record + AttemptOffset) == attempt && _view.ReadInt64(record + StopAtOffset) is > 0 and var at
            ? new StopOrder(
                (StopCause)_view.ReadInt32(record + StopCauseOffset), new DateTimeOffset(Math.Min(at, now.UtcTicks), TimeSpan.Zero), TimeSpan.FromTicks(_view.ReadInt64(record + StopGraceOffset)))
            : null;
    }

    /// <summary>Whether any start of a container was begun in this sandbox.</summary>
    public bool WasBegun(string container) => _view.ReadInt32(Record(container) + AttemptOffset) >= 0;

    /// <summary>A running container with the hooks and the stop that were kept for its start; a hook that had not ended begins anew.</summary>
    /// <param name="container">Its name.</param>
    /// <param name="running">What else is known of it.</param>
    /// <param name="now">As in <see cref="Stopped"/>.</param>
    public ContainerObservation Restore(string container, ContainerObservation running, DateTimeOffset now)
    {
        var record = Record(container);
        if (_view.ReadInt32(record + AttemptOffset) != running.Attempt)
        {
            return running;
        }

        var restored = running with { PostStart = Ended(_view.ReadByte(record + HooksOffset)), PreStop = Ended(_view.ReadByte(record + HooksOffset + 1)) };
        if (Stopped(container, running.Attempt, now) is not { } stop)
        {
            return restored;
        }

        var signalled = _view.ReadInt64(record + SignalledOffset);
        return restored with
        {
            Stage = ContainerStage.Stopping,
            Stop = stop,
            SignalledAt = signalled > 0 ? new DateTimeOffset(Math.Min(signalled, now.UtcTicks), TimeSpan.Zero) : null,
        };

        static HookStage Ended(byte kept) => (HookStage)kept is HookStage.Done or HookStage.Failed ? (HookStage)kept : HookStage.None;
    }

    /// <summary>Keeps when the pod's own conditions last changed.</summary>
    public void Keep(IReadOnlyList<PodCondition> conditions)
    {
        for (var i = 0; i < Conditions.Length; i++)
        {
            if (conditions.FirstOrDefault(c => c.Type == Conditions[i]) is { LastTransitionTime: { } at } condition)
            {
                var where = ConditionsOffset + (i * ConditionSize);
                _view.Write(where + 8, at.UtcTicks);
                _view.Write(where, condition.Status == ConditionStatuses.True ? 1 : 2);
            }
        }
    }

    /// <summary>The written conditions, with those that were shown later in their place.</summary>
    public IReadOnlyList<PodCondition> Newer(IReadOnlyList<PodCondition> written)
    {
        var result = written.ToList();
        for (var i = 0; i < Conditions.Length; i++)
        {
            var where = ConditionsOffset + (i * ConditionSize);
            var at = new DateTimeOffset(_view.ReadInt64(where + 8), TimeSpan.Zero);
            var index = result.FindIndex(c => c.Type == Conditions[i]);
            if (_view.ReadInt32(where) == 0 || (index >= 0 && result[index].LastTransitionTime >= at))
            {
                continue;
            }

            var kept = (index >= 0 ? result[index] : new PodCondition { Type = Conditions[i] }) with
            {
                Status = _view.ReadInt32(where) == 1 ? ConditionStatuses.True : ConditionStatuses.False,
                LastTransitionTime = at,
            };
            if (index >= 0)
            {
                result[index] = kept;
            }
            else
            {
                result.Add(kept);
            }
        }

        return result;
    }

    public void Dispose()
    {
        // Unmapped before the view is disposed of, which would write to a disk first, and wait for it, what is only for a successor in this boot.
        _view.SafeMemoryMappedViewHandle.Dispose();
        _view.Dispose();
        _file.Dispose();
    }

    private int Record(string container) => HeaderSize + (_index[container] * RecordSize);
}

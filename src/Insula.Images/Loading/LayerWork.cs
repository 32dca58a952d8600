namespace Insula.Images.Loading;

/// <summary>A layer that one makes and others may wait for. What its maker tells, all of them hear.</summary>
/// <param name="diffId">Digest of its uncompressed tar.</param>
/// <param name="source">Who gives it; null when nobody else does.</param>
internal sealed class LayerWork(string diffId, string? source) : IProgress<LoadProgress>
{
    private readonly Lock _telling = new();
    private readonly List<IProgress<LoadProgress>> _told = [];
    private LoadProgress? _last;

    public string DiffId => diffId;

    public string? Source => source;

    /// <summary>Bytes that have come, as told last.</summary>
    public long Bytes
    {
        get
        {
            lock (_telling)
            {
                return _last?.Bytes ?? 0;
            }
        }
    }

    /// <summary>How many make it, wait for it or use it; changed under the lock of all works.</summary>
    public int Users { get; set; }

    /// <summary>The layer; null when who made it has failed.</summary>
    public TaskCompletionSource<UnpackedLayer?> Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Has one hear how far it is, from now on.</summary>
    /// <param name="progress">Who; null for nobody.</param>
    /// <returns>Ends it.</returns>
    public IDisposable? Tell(IProgress<LoadProgress>? progress)
    {
        if (progress is null)
        {
            return null;
        }

        lock (_telling)
        {
            _told.Add(progress);
            if (_last is not null)
            {
                progress.Report(_last);
            }
        }

        return new Told(this, progress);
    }

    /// <inheritdoc/>
    public void Report(LoadProgress value)
    {
        lock (_telling)
        {
            _last = value;
            _told.ForEach(t => t.Report(value));
        }
    }

    private sealed class Told(LayerWork work, IProgress<LoadProgress> progress) : IDisposable
    {
        public void Dispose()
        {
            lock (work._telling)
            {
                work._told.Remove(progress);
            }
        }
    }
}

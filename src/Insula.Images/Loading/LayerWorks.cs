using Insula.Images.Store;

namespace Insula.Images.Loading;

/// <summary>
/// Layers that are being brought and unpacked, or wait to be recorded: one that several loads and pulls want at the same time is made once.
/// Nobody waits in a circle as long as each asks for the layers of an image in their order: who makes one then waits only for works that are older.
/// </summary>
/// <param name="files">Where they are.</param>
/// <param name="patience">As in <see cref="ImageOptions.Patience"/>.</param>
/// <param name="time">By what patience is measured.</param>
internal sealed class LayerWorks(StoreFiles files, TimeSpan patience, TimeProvider time)
{
    // In the time of patience: a registry that gives a byte now and then would otherwise hold up whoever wants the same layer, anywhere.
    private const long LeastBytes = 1 << 20;

    private readonly Dictionary<string, LayerWork> _works = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>The last of the works there were is over; told with the bytes that all of them had come with. On any thread; it must not block.</summary>
    public Action<long>? Ended { get; set; }

    /// <summary>Makes a layer, or takes it from who is about it already: perhaps upon other layers, which matters to one that does not look the same upon any.</summary>
    /// <param name="diffId">Digest of its uncompressed tar.</param>
    /// <param name="source">Who would give it; null when nobody else does.</param>
    /// <param name="progress">Told how far it is, whoever makes it; null for none.</param>
    /// <param name="make">Makes it, when nobody else does, or who did has failed.</param>
    /// <param name="cancellationToken">Gives up waiting for another.</param>
    /// <returns>The layer, which goes with its last user unless it was recorded; null when another has it from elsewhere, and it does not come on.</returns>
    public async Task<LayerUse?> TakeAsync(
        string diffId, string? source, IProgress<LoadProgress>? progress, Func<IProgress<LoadProgress>, Task<UnpackedLayer>> make, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (work, isMine) = Join(diffId, source);
            using var told = work.Tell(progress);
            try
            {
                if (!isMine)
                {
                    if (!await IsMadeAsync(work, source, cancellationToken))
                    {
                        Leave(work);
                        return null;
                    }

                    if (await work.Made.Task is { } made)
                    {
                        return new LayerUse(made, () => Leave(work));
                    }
                }
                else
                {
                    var layer = await make(work);
                    work.Made.SetResult(layer);
                    return new LayerUse(layer, () => Leave(work));
                }
            }
            catch
            {
                Fail(work, isMine);
                Leave(work);
                throw;
            }

            Leave(work);
        }
    }

    private async Task<bool> IsMadeAsync(LayerWork work, string? source, CancellationToken cancellationToken)
    {
        if (source is not null && source == work.Source)
        {
            await work.Made.Task.WaitAsync(cancellationToken);
            return true;
        }

        while (true)
        {
            var before = work.Bytes;
            try
            {
                await work.Made.Task.WaitAsync(patience, time, cancellationToken);
                return true;
            }
            catch (TimeoutException)
            {
                if (work.Bytes - before < LeastBytes)
                {
                    return false;
                }
            }
        }
    }

    private (LayerWork Work, bool IsMine) Join(string diffId, string? source)
    {
        lock (_works)
        {
            var isMine = !_works.TryGetValue(diffId, out var work) || work.Made.Task is { IsCompletedSuccessfully: true, Result.IsLost: true };
            if (isMine)
            {
                _works[diffId] = work = new LayerWork(diffId, source);
            }

            work!.Users++;
            return (work, isMine);
        }
    }

    // First the entry, so that whoever waits for it begins anew.
    private void Fail(LayerWork work, bool isMine)
    {
        if (isMine)
        {
            Forget(work);
            work.Made.SetResult(null);
        }
    }

    private void Leave(LayerWork work)
    {
        long? ended = null;
        lock (_works)
        {
            if (--work.Users > 0)
            {
                return;
            }

            Forget(work);
            _bytes += work.Bytes;
            if (_works.Count == 0)
            {
                (ended, _bytes) = (_bytes, 0);
            }
        }

        if (work.Made.Task is { IsCompletedSuccessfully: true, Result: { } layer })
        {
            Remove(layer);
        }

        if (ended is { } bytes)
        {
            Ended?.Invoke(bytes);
        }
    }

    /// <summary>Lets go of a layer that nobody uses, and removes it unless it was recorded.</summary>
    public void Remove(UnpackedLayer layer)
    {
        layer.Directory.Dispose();
        if (!layer.IsKept)
        {
            files.RemoveTemporary(layer.Temporary);
        }
    }

    private void Forget(LayerWork work)
    {
        lock (_works)
        {
            if (_works.GetValueOrDefault(work.DiffId) == work)
            {
                _works.Remove(work.DiffId);
            }
        }
    }
}

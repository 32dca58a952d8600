using Insula.Images.Store;

namespace Insula.Images.Loading;

/// <summary>Layers that are being unpacked, or wait to be recorded: one that several loads and pulls want at the same time is made once.</summary>
/// <param name="files">Where they are.</param>
internal sealed class LayerWorks(StoreFiles files)
{
    private readonly Dictionary<string, Work> _works = new(StringComparer.Ordinal);

    /// <summary>Unpacks a layer, or takes it from who is about it already.</summary>
    /// <param name="chain">Its chain id: what it is, and upon what.</param>
    /// <param name="unpack">Unpacks it, when nobody else does, or who did has failed.</param>
    /// <param name="cancellationToken">Gives up waiting for another.</param>
    /// <returns>The layer, which goes with its last user unless it was recorded.</returns>
    public async Task<LayerUse> TakeAsync(string chain, Func<Task<UnpackedLayer>> unpack, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (work, isMine) = Join(chain);
            try
            {
                if (!isMine)
                {
                    if (await work.Made.Task.WaitAsync(cancellationToken) is { } made)
                    {
                        return new LayerUse(made, () => Leave(work));
                    }
                }
                else
                {
                    var layer = await unpack();
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

    private (Work Work, bool IsMine) Join(string chain)
    {
        lock (_works)
        {
            var isMine = !_works.TryGetValue(chain, out var work) || work.Made.Task is { IsCompletedSuccessfully: true, Result: { IsKept: true } };
            if (isMine)
            {
                _works[chain] = work = new Work(chain);
            }

            work!.Users++;
            return (work, isMine);
        }
    }

    // First the entry, so that whoever waits for it begins anew.
    private void Fail(Work work, bool isMine)
    {
        if (isMine)
        {
            Forget(work);
            work.Made.SetResult(null);
        }
    }

    private void Leave(Work work)
    {
        lock (_works)
        {
            if (--work.Users > 0)
            {
                return;
            }

            Forget(work);
        }

        if (work.Made.Task is { IsCompletedSuccessfully: true, Result: { } layer })
        {
            layer.Directory.Dispose();
            if (!layer.IsKept)
            {
                files.RemoveTemporary(layer.Temporary);
            }
        }
    }

    private void Forget(Work work)
    {
        lock (_works)
        {
            if (_works.GetValueOrDefault(work.Chain) == work)
            {
                _works.Remove(work.Chain);
            }
        }
    }

    private sealed class Work(string chain)
    {
        public string Chain => chain;

        public int Users { get; set; }

        // Null when who made it has failed.
        public TaskCompletionSource<UnpackedLayer?> Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using System.Runtime.ExceptionServices;
using Insula.Images.Formats;
using Insula.Images.Store;

namespace Insula.Images.Loading;

/// <summary>
/// Brings the layers of one load to where they can be recorded: each is read once, and is hashed, decompressed and unpacked while it comes, several at a time.
/// Nothing here is recorded; disposal removes what was not kept.
/// </summary>
/// <param name="options">The store's.</param>
/// <param name="files">The store's.</param>
/// <param name="index">Tells what is there by now.</param>
/// <param name="works">What others are unpacking.</param>
/// <param name="blobs">Where layers come from.</param>
/// <param name="progress">Told of every step; null for none.</param>
/// <param name="cancellationToken">Ends what is under way.</param>
internal sealed class LayerLoader(
    ImageOptions options, StoreFiles files, Func<StoreIndex> index, LayerWorks works, IBlobs blobs, IProgress<LoadProgress>? progress,
    CancellationToken cancellationToken) : IDisposable
{
    /// <summary>
    /// How many layers are unpacked at a time: each takes a processor and some buffers, and keeps its directories in mind until it is finished. One more than there are
    /// processors, as one may wait for bytes to come.
    /// </summary>
    internal static int AtOnce { get; } = Math.Clamp(Environment.ProcessorCount + 1, 2, 4);

    private readonly List<StagedLayer> _staged = [];

    /// <summary>The image's layers, lowest first, unpacked where the store lacks them. All of them are fetched at once, as far as their source gives them.</summary>
    /// <exception cref="ImageException">Of the first that failed.</exception>
    public async Task<IReadOnlyList<StagedLayer>> StageAsync(ImagePlan plan)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var known = index();
        var layers = new List<Task<StagedLayer>>();
        Exception? first = null;
        async Task<StagedLayer> OneAsync(int at, string chain, List<Task<StagedLayer>> below)
        {
            try
            {
                return await StageAsync(plan, at, chain, known, below, rest.Token);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
                await rest.CancelAsync();
                throw;
            }
        }

        var chains = new List<string>();
        foreach (var layer in plan.Layers)
        {
            chains.Add(Digests.Chain(chains.LastOrDefault(), layer.DiffId));
        }

        var missing = plan.Layers.Where((l, i) => known.FindLayer(l.DiffId, chains[i]) is null).DistinctBy(l => l.DiffId).Sum(l => l.Size ?? 0);
        if (missing > options.Limits.ArchiveBytes)
        {
            throw new ImageException(ImageError.TooLarge, $"{blobs.Description} has {missing} bytes, at most {options.Limits.ArchiveBytes} are taken");
        }

        for (var i = 0; i < chains.Count; i++)
        {
            layers.Add(OneAsync(i, chains[i], [.. layers]));
        }

        await ((Task)Task.WhenAll(layers)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _staged.AddRange(layers.Where(l => l.IsCompletedSuccessfully).Select(l => l.Result));
        cancellationToken.ThrowIfCancellationRequested();
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return layers.Select(l => l.Result).ToList();
    }

    public void Dispose() => _staged.ForEach(l => l.Dispose());

    private async Task<StagedLayer> StageAsync(
        ImagePlan plan, int at, string chain, StoreIndex known, List<Task<StagedLayer>> below, CancellationToken ct)
    {
        var layer = plan.Layers[at];
        if (known.FindLayer(layer.DiffId, chain) is { } present && files.TryOpenLayer(present.Number) is { } directory)
        {
            progress?.Report(new LoadProgress(LoadStep.Present, layer.DiffId, present.Size, present.Size));
            return new StagedLayer(chain, present, directory);
        }

        // An image may have the same layer several times: empty ones, above all.
        var twin = plan.Layers.Take(at).ToList().FindIndex(l => l.DiffId == layer.DiffId);
        if (twin < 0)
        {
            var use = await works.TakeAsync(layer.DiffId, blobs.Source, progress, told => MakeAsync(layer, chain, below, told, ct), ct);
            if (use is not null && (use.Layer.Record.ChainId is null || use.Layer.Record.ChainId == chain))
            {
                return new StagedLayer(chain, use);
            }

            use?.Dispose();
        }
        else if (await below[twin] is { Record.ChainId: null } same)
        {
            return same;
        }

        // It is not the same upon what is below it here, or does not come to who is about it. That somebody else is about just this one is not waited for, lest two wait for each other.
        var own = await MakeAsync(layer, chain, below, progress, ct);
        return new StagedLayer(chain, new LayerUse(own, () => works.Remove(own)));
    }

    private async Task<UnpackedLayer> MakeAsync(
        LayerPlan layer, string chain, List<Task<StagedLayer>> below, IProgress<LoadProgress>? told, CancellationToken ct)
    {
        using var making = new LayerMaking(files, options, layer, blobs.Description);
        await UnpackAsync(making, layer, below, told, ct);
        var lower = await Task.WhenAll(below);
        return await Task.Run(() => making.Finish(chain, lower), ct);
    }

    private async Task UnpackAsync(LayerMaking making, LayerPlan layer, List<Task<StagedLayer>> below, IProgress<LoadProgress>? told, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var arrival = blobs.Fetch(layer, told, end.Token)
            ?? throw new ImageException(ImageError.InvalidImage, $"{blobs.Description} lacks the layer {Printable.Quote(layer.Path)}");
        try
        {
            // The lowest that is not done yet is always among those that go on, so that none waits for one that waits for it.
            if (below.Count >= AtOnce)
            {
                await below[^AtOnce];
            }

            // A thread of its own, since it waits for bytes that are still to come.
            await Task.Factory.StartNew(() => making.Unpack(arrival, told, end.Token), end.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch
        {
            await end.CancelAsync();
            throw;
        }
        finally
        {
            await arrival.Whole.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what failed was read, or is not wanted any more
            await arrival.Blob.DisposeAsync();
        }
    }
}

using System.Runtime.ExceptionServices;
using Insula.Images.Formats;
using Insula.Images.Layers;
using Insula.Images.Store;
using Insula.Linux.Files;

namespace Insula.Images.Loading;

/// <summary>
/// Brings the layers of one load to where they can be recorded: each is read once, and is hashed, decompressed and unpacked while it comes.
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
    private readonly List<StagedLayer> _staged = [];

    /// <summary>The image's layers, lowest first, unpacked where the store lacks them. All of them are fetched at once, as far as their source gives them; each is unpacked upon those below.</summary>
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
            var use = await works.TakeAsync(layer.DiffId, progress, told => MakeAsync(layer, chain, below, told, ct), ct);
            if (use.Layer.Record.ChainId is null || use.Layer.Record.ChainId == chain)
            {
                return new StagedLayer(chain, use);
            }

            use.Dispose();
        }
        else if (await below[twin] is { Record.ChainId: null } same)
        {
            return same;
        }

        // It is not the same upon what is below it here; that somebody else is about just this one is not waited for, lest two wait for each other.
        var own = await MakeAsync(layer, chain, below, progress, ct);
        return new StagedLayer(chain, new LayerUse(own, () => works.Remove(own)));
    }

    private async Task<UnpackedLayer> MakeAsync(
        LayerPlan layer, string chain, List<Task<StagedLayer>> below, IProgress<LoadProgress>? told, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var arrival = blobs.Fetch(layer, told, end.Token)
            ?? throw new ImageException(ImageError.InvalidImage, $"{blobs.Description} lacks the layer {Printable.Quote(layer.Path)}");
        try
        {
            var lower = await Task.WhenAll(below);

            // A thread of its own, since it waits for bytes that are still to come.
            return await Task.Factory.StartNew(
                () => Unpack(layer, chain, lower, arrival, told, end.Token), end.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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

    private UnpackedLayer Unpack(LayerPlan layer, string chain, StagedLayer[] below, LayerArrival arrival, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        var temporary = files.TemporaryName();
        var directory = files.MakeTemporary(temporary);
        UnpackedLayer? unpacked = null;
        try
        {
            // As long as it comes, that is what is told.
            var told = progress is null ? null : new Told(step => { if (arrival.Whole.IsCompleted) { progress.Report(step); } });
            using var decoder = new LayerDecoder(
                arrival.Blob, layer.DiffId, layer.Size ?? (arrival.Whole.IsCompleted ? arrival.Blob.Length : null), options.Limits, told, ct);
            using var skeleton = new SkeletonWriter(files.MakeSkeleton(temporary));
            LayerContent content;
            try
            {
                using var tree = new MergedTree(() => Upon(below));
                using var unpacker = new LayerUnpacker(decoder.Tar, directory, tree, options.Limits, options.Ownership, skeleton);
                content = unpacker.Unpack(ct);
            }
            catch (Exception e) when (e is InvalidDataException or ImageException { Error: ImageError.InvalidImage })
            {
                // What was spoiled on its way may look like anything.
                CheckBlob(decoder.FinishBlob(), layer);
                throw;
            }

            var (digest, diffId) = decoder.Finish();
            CheckBlob(digest, layer);
            Check(diffId, layer.DiffId, "content");
            var record = new LayerRecord
            {
                Number = 0,
                DiffId = layer.DiffId,
                ChainId = content.SelfContained ? null : chain,
                Size = content.Size,
                HidesAll = content.HidesAll,
            };
            if (!skeleton.IsComplete)
            {
                files.RemoveSkeleton(temporary);
            }

            return unpacked = new UnpackedLayer(
                record, temporary, directory, skeleton.IsComplete, content.Warnings.Select(w => $"layer {layer.DiffId}: {w}").ToList());
        }
        catch (ImageException e) when (e.Error is not (ImageError.Registry or ImageError.Denied) && !e.Message.Contains(layer.DiffId, StringComparison.Ordinal))
        {
            throw new ImageException(e.Error, $"layer {layer.DiffId}: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {layer.DiffId} is damaged: {e.Message}", e);
        }
        finally
        {
            if (unpacked is null)
            {
                directory.Dispose();
                files.RemoveTemporary(temporary);
            }
        }
    }

    // Uppermost first, down to one that hides the others.
    private static List<Linux.Descriptor> Upon(StagedLayer[] below)
    {
        var last = Array.FindLastIndex(below, l => l.Record.HidesAll);
        return below[Math.Max(last, 0)..].Reverse().Select(l => l.Directory.Duplicate()).ToList();
    }

    private void CheckBlob((string Digest, long Size) blob, LayerPlan layer)
    {
        if (layer.Size is { } size && size != blob.Size)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {layer.Digest ?? layer.DiffId} of {blobs.Description} has {blob.Size} bytes, {size} were announced");
        }

        Check(blob.Digest, layer.Digest ?? blob.Digest, "digest");
    }

    private void Check(string actual, string expected, string what)
    {
        if (actual != expected)
        {
            throw new ImageException(ImageError.InvalidImage, $"the layer of {blobs.Description} whose {what} should be {expected} is damaged: it is {actual}");
        }
    }

    private sealed class Told(Action<LoadProgress> tell) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => tell(value);
    }
}

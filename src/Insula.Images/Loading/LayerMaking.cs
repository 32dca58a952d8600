using Insula.Images.Formats;
using Insula.Images.Layers;
using Insula.Images.Store;
using Insula.Linux;

namespace Insula.Images.Loading;

/// <summary>
/// One layer being made: unpacked from its blob, which needs no other layer, and finished once those below it are. Disposal removes what was not finished.
/// </summary>
internal sealed class LayerMaking : IDisposable
{
    private readonly StoreFiles _files;
    private readonly ImageOptions _options;
    private readonly LayerPlan _layer;
    private readonly string _source;
    private readonly string _temporary;
    private Descriptor? _directory;
    private bool _hasSkeleton;
    private LayerUnpacker? _unpacker;
    private LayerContent? _content;
    private bool _isFinished;

    /// <param name="files">The store's.</param>
    /// <param name="options">The store's.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="source">What it comes from, for messages.</param>
    public LayerMaking(StoreFiles files, ImageOptions options, LayerPlan layer, string source)
    {
        (_files, _options, _layer, _source) = (files, options, layer, source);
        _temporary = files.TemporaryName();
    }

    /// <summary>Reads the blob through: it is hashed, decompressed, hashed again and unpacked. All of it has been verified when this returns.</summary>
    public void Unpack(LayerArrival arrival, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        _directory = _files.MakeTemporary(_temporary);
        try
        {
            // As long as it comes, that is what is told.
            var told = progress is null ? null : new Told(step => { if (arrival.Whole.IsCompleted) { progress.Report(step); } });
            using var decoder = new LayerDecoder(
                arrival.Blob, _layer.DiffId, _layer.Size ?? (arrival.Whole.IsCompleted ? arrival.Blob.Length : null), _options.Limits, told, ct);
            using var skeleton = new SkeletonWriter(_files.MakeSkeleton(_temporary));
            try
            {
                _unpacker = new LayerUnpacker(decoder.Tar, _directory, _options.Limits, _options.Ownership, skeleton);
                _content = _unpacker.Unpack(ct);
            }
            catch (Exception e) when (e is InvalidDataException or ImageException { Error: ImageError.InvalidImage })
            {
                // What was spoiled on its way may look like anything.
                CheckBlob(decoder.FinishBlob());
                throw;
            }

            var (digest, diffId) = decoder.Finish();
            CheckBlob(digest);
            Check(diffId, _layer.DiffId, "content");
            _hasSkeleton = skeleton.IsComplete;
        }
        catch (ImageException e) when (e.Error is not (ImageError.Registry or ImageError.Denied) && !e.Message.Contains(_layer.DiffId, StringComparison.Ordinal))
        {
            throw new ImageException(e.Error, $"layer {_layer.DiffId}: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {_layer.DiffId} is damaged: {e.Message}", e);
        }

        if (!_hasSkeleton)
        {
            _files.RemoveSkeleton(_temporary);
        }
    }

    /// <summary>Finishes the unpacked layer.</summary>
    /// <param name="chain">Its chain id.</param>
    /// <param name="below">The layers below it, lowest first.</param>
    public UnpackedLayer Finish(string chain, IReadOnlyList<StagedLayer> below)
    {
        using var tree = new MergedTree(() => Upon(below));
        _unpacker!.Finish(tree);
        var record = new LayerRecord
        {
            Number = 0,
            DiffId = _layer.DiffId,
            ChainId = _content!.SelfContained ? null : chain,
            Size = _content.Size,
            HidesAll = _content.HidesAll,
        };
        _isFinished = true;
        return new UnpackedLayer(record, _temporary, _directory!, _hasSkeleton, _content.Warnings.Select(w => $"layer {_layer.DiffId}: {w}").ToList());
    }

    public void Dispose()
    {
        _unpacker?.Dispose();
        if (!_isFinished && _directory is not null)
        {
            _directory.Dispose();
            _files.RemoveTemporary(_temporary);
        }
    }

    // Uppermost first, down to one that hides the others.
    private static List<Descriptor> Upon(IReadOnlyList<StagedLayer> below)
    {
        var last = below.ToList().FindLastIndex(l => l.Record.HidesAll);
        return below.Skip(Math.Max(last, 0)).Reverse().Select(l => l.Directory.Duplicate()).ToList();
    }

    private void CheckBlob((string Digest, long Size) blob)
    {
        if (_layer.Size is { } size && size != blob.Size)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {_layer.Digest ?? _layer.DiffId} of {_source} has {blob.Size} bytes, {size} were announced");
        }

        Check(blob.Digest, _layer.Digest ?? blob.Digest, "digest");
    }

    private void Check(string actual, string expected, string what)
    {
        if (actual != expected)
        {
            throw new ImageException(ImageError.InvalidImage, $"the layer of {_source} whose {what} should be {expected} is damaged: it is {actual}");
        }
    }

    private sealed class Told(Action<LoadProgress> tell) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => tell(value);
    }
}

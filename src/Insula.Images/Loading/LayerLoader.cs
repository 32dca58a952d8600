using Insula.Images.Formats;
using Insula.Images.Layers;
using Insula.Images.Store;

namespace Insula.Images.Loading;

/// <summary>
/// Unpacks the layers of one load into temporary directories, each once. Nothing here is recorded; disposal removes
/// what was not kept.
/// </summary>
internal sealed class LayerLoader : IDisposable
{
    private readonly ImageOptions _options;
    private readonly StoreFiles _files;
    private readonly IBlobs _blobs;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(LayerRecord Record, string Temporary)> _new = [];
    private StoreIndex _index;

    public LayerLoader(
        ImageOptions options, StoreFiles files, StoreIndex index, IBlobs blobs, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        (_options, _files, _index, _blobs) = (options, files, index, blobs);
        (_progress, _cancellationToken) = (progress, cancellationToken);
    }

    /// <summary>The index with the new layers in it, and none of the images.</summary>
    public StoreIndex Index => _index;

    /// <summary>Layers to make permanent.</summary>
    public IEnumerable<(string Temporary, long Number)> New => _new.Select(n => (n.Temporary, n.Record.Number));

    /// <summary>The image's layers, lowest first, unpacked where the store lacks them.</summary>
    public IReadOnlyList<long> Load(ImagePlan plan, List<string> warnings)
    {
        var numbers = new List<long>();
        string? chain = null;
        foreach (var layer in plan.Layers)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            chain = Digests.Chain(chain, layer.DiffId);
            if (_index.FindLayer(layer.DiffId, chain) is { } present)
            {
                _progress?.Report(new LoadProgress(LoadStep.Present, layer.DiffId, present.Size, present.Size));
                numbers.Add(present.Number);
                continue;
            }

            if (!_blobs.AreVerified)
            {
                Verify(layer);
            }

            numbers.Add(Unpack(layer, chain, numbers, warnings));
        }

        return numbers;
    }

    /// <summary>Called once the new layers are permanent.</summary>
    public void Kept() => _new.Clear();

    public void Dispose() => _new.ForEach(n => _files.RemoveTemporary(n.Temporary));

    private void Verify(LayerPlan layer)
    {
        using var blob = Open(layer);
        if (layer.Size is { } size && size != blob.Length)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {layer.Digest} has {blob.Length} bytes, {size} were announced");
        }

        if (layer.Digest is null)
        {
            // Only the configuration says what the content must be, so the check is of the uncompressed side.
            using var decoder = Decode(blob, layer, LoadStep.Verifying);
            Check(decoder.Finish().DiffId, layer.DiffId, "content");
            return;
        }

        using var measured = new MeasuredStream(blob, _ => _cancellationToken.ThrowIfCancellationRequested());
        Check(measured.Finish(), layer.Digest, "digest");
    }

    private long Unpack(LayerPlan layer, string chain, List<long> below, List<string> warnings)
    {
        var temporary = _files.TemporaryName();
        using var directory = _files.MakeTemporary(temporary);
        var number = _index.NextLayer;
        var kept = false;
        try
        {
            using var blob = Open(layer);
            using var decoder = Decode(blob, layer, LoadStep.Unpacking);
            using var tree = new MergedTree(Below(below));
            using var unpacker = new LayerUnpacker(decoder.Tar, directory, tree, _options.Limits, _options.Ownership);
            var content = unpacker.Unpack(_cancellationToken);

            // Again, as a layout's file may have been changed since it was verified.
            var (digest, diffId) = decoder.Finish();
            Check(digest, layer.Digest ?? digest, "digest");
            Check(diffId, layer.DiffId, "content");
            warnings.AddRange(content.Warnings.Select(w => $"layer {layer.DiffId}: {w}"));
            var record = new LayerRecord
            {
                Number = number,
                DiffId = layer.DiffId,
                ChainId = content.SelfContained ? null : chain,
                Size = content.Size,
                HidesAll = content.HidesAll,
            };
            _new.Add((record, temporary));
            kept = true;
            _index = _index with { NextLayer = number + 1, Layers = [.. _index.Layers, record] };
            return number;
        }
        catch (ImageException e) when (!e.Message.Contains(layer.DiffId, StringComparison.Ordinal))
        {
            throw new ImageException(e.Error, $"layer {layer.DiffId}: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"layer {layer.DiffId} is damaged: {e.Message}", e);
        }
        finally
        {
            if (!kept)
            {
                _files.RemoveTemporary(temporary);
            }
        }
    }

    // Uppermost first; those of this very load still have their temporary names.
    private List<string> Below(List<long> numbers)
    {
        var result = new List<string>();
        foreach (var number in Enumerable.Reverse(numbers))
        {
            var isNew = _new.FindIndex(n => n.Record.Number == number);
            result.Add(isNew < 0 ? StoreFiles.LayerPath(_files.LayersDirectory, number) : _files.TemporaryPath(_new[isNew].Temporary));
            if (_index.Layers.First(l => l.Number == number).HidesAll)
            {
                break;
            }
        }

        return result;
    }

    private LayerDecoder Decode(Stream blob, LayerPlan layer, LoadStep step) =>
        new(blob, layer.DiffId, step, _options.Limits, _progress, _cancellationToken);

    private Stream Open(LayerPlan layer) =>
        _blobs.Open(layer.Path)
        ?? throw new ImageException(ImageError.InvalidImage, $"{_blobs.Description} lacks the layer {Printable.Quote(layer.Path)}");

    private static void Check(string actual, string expected, string what)
    {
        if (actual != expected)
        {
            throw new ImageException(ImageError.InvalidImage, $"the layer whose {what} should be {expected} is damaged: it is {actual}");
        }
    }
}

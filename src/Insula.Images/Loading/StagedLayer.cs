using Insula.Images.Store;
using Insula.Linux;

namespace Insula.Images.Loading;

/// <summary>A layer of an image that is about to be recorded: one of the store's, or one that was unpacked for it.</summary>
internal sealed class StagedLayer : IDisposable
{
    private readonly LayerUse? _use;
    private readonly Descriptor? _opened;

    /// <param name="chain">Its chain id.</param>
    /// <param name="present">The store's.</param>
    /// <param name="directory">Its directory.</param>
    public StagedLayer(string chain, LayerRecord present, Descriptor directory) => (Chain, Record, _opened) = (chain, present, directory);

    /// <param name="chain">Its chain id.</param>
    /// <param name="use">The one that was unpacked.</param>
    public StagedLayer(string chain, LayerUse use) => (Chain, Record, _use) = (chain, use.Layer.Record, use);

    public string Chain { get; }

    /// <summary>What the index says of it, or is to say.</summary>
    public LayerRecord Record { get; }

    /// <summary>The one that was unpacked; null for one of the store's.</summary>
    public UnpackedLayer? Unpacked => _use?.Layer;

    /// <summary>Its directory.</summary>
    public Descriptor Directory => _opened ?? _use!.Layer.Directory;

    public void Dispose()
    {
        _opened?.Dispose();
        _use?.Dispose();
    }
}

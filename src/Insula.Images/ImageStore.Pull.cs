using Insula.Images.Formats;
using Insula.Images.Loading;
using Insula.Images.Registry;

namespace Insula.Images;

public sealed partial class ImageStore
{
    /// <summary>
    /// Fetches an image from its registry and loads it. Layers that are there already are not fetched; others wait for nothing while the
    /// rest comes. Nothing is recorded unless all of it is good.
    /// </summary>
    /// <param name="reference">The image.</param>
    /// <param name="access">How its registry is spoken to.</param>
    /// <param name="progress">Told of every step; null for none.</param>
    /// <param name="cancellationToken">Ends the pull and leaves nothing.</param>
    /// <exception cref="ImageException">Anything wrong with the registry, the image or the store.</exception>
    public async Task<LoadedImage> PullAsync(string reference, RegistryAccess access, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(access);
        var name = ImageReference.Parse(reference);
        var temporary = _files.TemporaryName();
        try
        {
            await GuardAsync(() => Task.Run(
                () =>
                {
                    _files.Renew();
                    _files.MakeTemporary(temporary).Dispose();
                },
                cancellationToken));
            using var blobs = await RegistryBlobs.FindAsync(
                new RegistryClient(name, access, TimeProvider.System), name, _options.Limits, _files.TemporaryPath(temporary), cancellationToken);
            var plan = (await Task.Run(() => OciLayout.Plan(blobs, _options.Platform, _options.Limits), cancellationToken))[0];
            await GuardAsync(() => blobs.FetchAsync(Missing(plan), progress, cancellationToken));
            return (await ChangeAsync(() => Load(blobs, name, progress, cancellationToken), cancellationToken))[0];
        }
        finally
        {
            _files.RemoveTemporary(temporary);
        }
    }

    private List<LayerPlan> Missing(ImagePlan plan)
    {
        var index = WithoutLost(_files, _snapshot.Index);
        var missing = new List<LayerPlan>();
        string? chain = null;
        foreach (var layer in plan.Layers)
        {
            chain = Digests.Chain(chain, layer.DiffId);
            if (index.FindLayer(layer.DiffId, chain) is null)
            {
                missing.Add(layer);
            }
        }

        return missing;
    }
}

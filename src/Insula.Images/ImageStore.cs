namespace Insula.Images;

/// <summary>
/// Images of one instance: loaded from OCI layouts, OCI archives and docker archives, kept as unpacked layers an
/// overlay uses directly. Reads are lock-free snapshots; all members are safe to call at once. Crash-safe: what a
/// load had not recorded is swept by the next <see cref="Open"/>.
/// </summary>
public sealed class ImageStore : IDisposable
{
    private ImageStore()
    {
    }

    /// <summary>Opens the store, making its directory (0700) when missing, and removes what earlier loads left half done.</summary>
    /// <exception cref="ImageException">The directory cannot be used, or the index in it is damaged.</exception>
    public static ImageStore Open(ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        throw new NotImplementedException();
    }

    /// <summary>The directory that holds every directory of <see cref="Image.LayerDirectories"/> as a direct child.</summary>
    public string LayersDirectory => throw new NotImplementedException();

    /// <summary>
    /// Loads every image of an OCI archive or docker archive, plain or gzip. The stream is read to its end, then
    /// verified and unpacked; nothing is recorded unless all of it is good.
    /// </summary>
    /// <param name="tar">The archive. Hostile.</param>
    /// <param name="nameOverride">Name for the archive's only image, instead of the archive's own; null to keep those.</param>
    /// <param name="progress">Told of every step; null for none.</param>
    /// <param name="cancellationToken">Ends the load and leaves nothing.</param>
    /// <exception cref="ImageException">Anything wrong with the archive or the store.</exception>
    public Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream tar, string? nameOverride, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>Loads every image of an OCI layout directory. As <see cref="LoadAsync"/> otherwise.</summary>
    /// <exception cref="ImageException">Anything wrong with the layout or the store.</exception>
    public Task<IReadOnlyList<LoadedImage>> LoadLayoutAsync(
        string directory, string? nameOverride, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>
    /// Finds an image by name (normalised first), by <c>name@digest</c>, or by id (<c>sha256:…</c>); null when the store
    /// has none such.
    /// </summary>
    /// <exception cref="ImageException"><see cref="ImageError.InvalidReference"/>.</exception>
    public Image? Resolve(string reference) => throw new NotImplementedException();

    /// <summary>All images, ordered by first name, then id.</summary>
    public IReadOnlyList<Image> List() => throw new NotImplementedException();

    /// <summary>
    /// Removes a name, and the image with its unshared layers when that was its last one; by id all its names.
    /// </summary>
    /// <param name="reference">Name or id.</param>
    /// <param name="inUse">
    /// Asked, before an image goes, whether something still uses it. Called while loads and removals are held off.
    /// </param>
    /// <param name="cancellationToken">Honoured until the removal is recorded.</param>
    /// <returns>False when there is no such image.</returns>
    /// <exception cref="ImageException"><see cref="ImageError.InUse"/>, or the disk failed.</exception>
    public Task<bool> RemoveAsync(string reference, Func<Image, bool> inUse, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

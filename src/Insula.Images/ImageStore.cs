using Insula.Images.Formats;
using Insula.Images.Loading;
using Insula.Images.Store;
using Insula.Linux;

namespace Insula.Images;

/// <summary>
/// Images of one instance: loaded from OCI layouts, OCI archives and docker archives, kept as unpacked layers an
/// overlay uses directly. Reads are lock-free snapshots; all members are safe to call at once. Crash-safe: what a
/// load had not recorded is swept by the next <see cref="Open"/>.
/// </summary>
public sealed partial class ImageStore : IDisposable
{
    private readonly ImageOptions _options;
    private readonly StoreFiles _files;

    // Changes of the index exclude each other; what takes long, fetching and unpacking, is done before.
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly LayerWorks _works;
    private volatile StoreSnapshot _snapshot;

    private ImageStore(ImageOptions options, StoreFiles files, StoreSnapshot snapshot, IReadOnlyList<string> problems)
    {
        (_options, _files, _snapshot, Problems) = (options, files, snapshot, problems);
        _works = new LayerWorks(files, options.Patience, TimeProvider.System) { Ended = bytes => LayersEnded?.Invoke(bytes) };
    }

    /// <summary>
    /// Nobody brings or unpacks a layer any more; told with the bytes that came since the last time, packed as they were. On any thread; what
    /// hears it must not block.
    /// </summary>
    public event Action<long>? LayersEnded;

    /// <summary>The directory that holds every directory of <see cref="Image.LayerDirectories"/> as a direct child.</summary>
    public string LayersDirectory => _files.LayersDirectory;

    /// <summary>What was found wrong when the store was opened, and what was done about it; for the log.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Opens the store, making its directory (0700) when missing, and removes what earlier loads left half done.</summary>
    /// <exception cref="ImageException">The directory cannot be used, or the index in it is damaged.</exception>
    public static ImageStore Open(ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        StoreFiles? files = null;
        try
        {
            files = new StoreFiles(options.Directory);
            var read = files.ReadIndex();
            var index = WithoutLost(files, read);
            var problems = read.Images.Except(index.Images)
                .Select(i => $"the image {(i.References.Count > 0 ? i.References[0] : i.Id)} lost layers and was dropped: load it again")
                .ToList();
            if (index.Images.Count != read.Images.Count || index.Layers.Count != read.Layers.Count)
            {
                files.WriteIndex(index);
            }

            files.Sweep(index);
            var store = new ImageStore(options, files, new StoreSnapshot(index, files.LayersDirectory), problems);
            files = null;
            return store;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageError.Storage, $"cannot use {options.Directory} as image store: {e.Message}", e);
        }
        finally
        {
            files?.Dispose();
        }
    }

    /// <summary>
    /// One more directory in <see cref="LayersDirectory"/>, of no image: the empty places of what is mounted in every container (<c>/dev</c>, <c>/proc</c>,
    /// <c>/sys</c>, and <c>hostname</c>, <c>hosts</c> and <c>resolv.conf</c> in <c>/etc</c>), to be laid below the layers of its image.
    /// </summary>
    /// <exception cref="IOException">Somebody has removed it, and it cannot be made anew.</exception>
    public string EnsureMountPoints() => _files.EnsureMountPoints();

    /// <summary>
    /// Loads every image of an OCI archive or docker archive, plain or gzip. The stream is read to its end, then
    /// unpacked and verified; nothing is recorded unless all of it is good.
    /// </summary>
    /// <param name="tar">The archive. Hostile.</param>
    /// <param name="nameOverride">Name for the archive's only image, instead of the archive's own; null to keep those.</param>
    /// <param name="progress">Told of every step; null for none.</param>
    /// <param name="cancellationToken">Ends the load and leaves nothing.</param>
    /// <exception cref="ImageException">Anything wrong with the archive or the store.</exception>
    public async Task<IReadOnlyList<LoadedImage>> LoadAsync(
        Stream tar, string? nameOverride, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tar);
        var name = nameOverride is null ? null : ImageReference.Parse(nameOverride);
        var temporary = _files.TemporaryName();
        await GuardAsync(() => Task.Run(_files.Renew, cancellationToken));
        try
        {
            var path = _files.TemporaryPath(temporary);
            await ReceiveAsync(tar, path, progress, cancellationToken);
            return await LoadFromAsync(
                () =>
                {
                    Failpoint.MayFail("images.load.received");
                    return new ArchiveBlobs(path, _options.Limits, cancellationToken);
                },
                name, progress, cancellationToken);
        }
        finally
        {
            _files.RemoveTemporary(temporary);
        }
    }

    /// <summary>Loads every image of an OCI layout directory. As <see cref="LoadAsync"/> otherwise.</summary>
    /// <exception cref="ImageException">Anything wrong with the layout or the store.</exception>
    public Task<IReadOnlyList<LoadedImage>> LoadLayoutAsync(
        string directory, string? nameOverride, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var name = nameOverride is null ? null : ImageReference.Parse(nameOverride);
        return LoadFromAsync(() => new LayoutBlobs(directory), name, progress, cancellationToken);
    }

    /// <summary>
    /// Finds an image by name (normalised first), by <c>name@digest</c>, or by id (<c>sha256:…</c>); null when the store
    /// has none such.
    /// </summary>
    /// <exception cref="ImageException"><see cref="ImageError.InvalidReference"/>.</exception>
    public Image? Resolve(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return _snapshot.Find(reference)?.Image;
    }

    /// <summary>All images, ordered by first name, then id.</summary>
    public IReadOnlyList<Image> List() => _snapshot.Images;

    /// <summary>
    /// Removes a name, and the image with its unshared layers when that was its last one; by id or digest all its names.
    /// </summary>
    /// <param name="reference">Name or id.</param>
    /// <param name="inUse">
    /// Asked, before an image goes, whether something still uses it. Called while loads and removals are held off.
    /// </param>
    /// <param name="cancellationToken">Honoured until the removal is recorded.</param>
    /// <returns>False when there is no such image.</returns>
    /// <exception cref="ImageException"><see cref="ImageError.InUse"/>, or the disk failed.</exception>
    public async Task<bool> RemoveAsync(string reference, Func<Image, bool> inUse, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(inUse);
        var retired = await ChangeAsync(() => Remove(reference, inUse), cancellationToken);

        // Deleting many files takes a disk long; loads need not wait for it. What fails here the next opening sweeps.
        await GuardAsync(() => Task.Run(() => retired?.ForEach(_files.RemoveTemporary), CancellationToken.None));
        return retired is not null;
    }

    /// <summary>Has an image stay whoever clears up, or no longer.</summary>
    /// <param name="reference">Name or id.</param>
    /// <param name="pinned">Whether it is to stay.</param>
    /// <param name="cancellationToken">Honoured until it is recorded.</param>
    /// <returns>The image; null when there is no such one.</returns>
    /// <exception cref="ImageException">The disk failed.</exception>
    public Task<Image?> PinAsync(string reference, bool pinned, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return ChangeAsync(
            () =>
            {
                if (_snapshot.Find(reference) is not var (image, _))
                {
                    return null;
                }

                var index = _snapshot.Index;
                Publish(index with { Images = index.Images.Select(i => i.Id == image.Id ? i with { Pinned = pinned ? true : null } : i).ToList() });
                return _snapshot.ById(image.Id);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _change.Dispose();
        _files.Dispose();
    }

    // What somebody removed by hand is not to be taken for present.
    private static StoreIndex WithoutLost(StoreFiles files, StoreIndex index)
    {
        var missing = index.Layers.Where(l => !files.HasLayer(l.Number)).Select(l => l.Number).ToHashSet();
        return (index with { Images = index.Images.Where(i => !i.Layers.Any(missing.Contains)).ToList() }).WithoutUnusedLayers();
    }

    private async Task ReceiveAsync(Stream tar, string path, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            await ArchiveReceiver.ReceiveAsync(tar, path, _options.Limits, progress, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"the archive is damaged: {e.Message}", e);
        }
    }

    private async Task<T> ChangeAsync<T>(Func<T> change, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            // The disk may take long; a caller's thread is not for that.
            T? result = default;
            await GuardAsync(async () => result = await Task.Run(
                () =>
                {
                    _files.Renew();
                    return change();
                },
                cancellationToken));
            return result!;
        }
        finally
        {
            _change.Release();
        }
    }

    private static async Task GuardAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (IOException e)
        {
            throw new ImageException(ImageError.Storage, $"the image store failed: {e.Message}", e);
        }
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadFromAsync(
        Func<IBlobs> open, ImageReference? name, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<LoadedImage>? loaded = null;
        await GuardAsync(async () =>
        {
            using var blobs = await Task.Run(open, cancellationToken);
            loaded = await LoadFromAsync(blobs, name, pulled: false, progress, cancellationToken);
        });
        return loaded!;
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadFromAsync(
        IBlobs blobs, ImageReference? name, bool pulled, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var plans = await Task.Run(() => Plans(blobs), cancellationToken);
        if (name is not null && plans.Count != 1)
        {
            throw new ImageException(
                ImageError.InvalidImage, $"{blobs.Description} has {plans.Count} images, so it cannot be loaded under the one name {name}");
        }

        var names = plans.Select(p => ImageNames.Of(p, name)).ToList();
        while (true)
        {
            await Task.Run(_files.Renew, cancellationToken);
            using var layers = new LayerLoader(
                _options, _files, () => WithoutLost(_files, _snapshot.Index), _works, blobs, progress, cancellationToken);
            var staged = new List<IReadOnlyList<StagedLayer>>();
            foreach (var plan in plans)
            {
                staged.Add(await layers.StageAsync(plan));
            }

            progress?.Report(new LoadProgress(LoadStep.Recording, "", 0, null));
            Failpoint.MayFail("images.load.unpacked");
            if (await ChangeAsync(() => Record(plans, names, staged, pulled, cancellationToken), cancellationToken) is { } loaded)
            {
                return loaded;
            }
        }
    }

    // Null when a layer that was there, and perhaps unpacked upon, has been removed in the meantime.
    private List<LoadedImage>? Record(
        IReadOnlyList<ImagePlan> plans, List<IReadOnlyList<string>> names, List<IReadOnlyList<StagedLayer>> staged, bool pulled, CancellationToken cancellationToken)
    {
        var before = _snapshot;
        var index = WithoutLost(_files, before.Index);
        var kept = new List<(UnpackedLayer Layer, long Number)>();
        for (var i = 0; i < plans.Count; i++)
        {
            var numbers = new List<long>();
            foreach (var layer in staged[i])
            {
                if (index.FindLayer(layer.Record.DiffId, layer.Chain) is { } present && (layer.Unpacked is not null || present.Number == layer.Record.Number))
                {
                    numbers.Add(present.Number);
                }
                else if (layer.Unpacked is { IsKept: false } unpacked)
                {
                    kept.Add((unpacked, index.NextLayer));
                    numbers.Add(index.NextLayer);
                    index = index with { NextLayer = index.NextLayer + 1, Layers = [.. index.Layers, layer.Record with { Number = index.NextLayer }] };
                }
                else
                {
                    layer.Unpacked?.IsLost = true;
                    return null;
                }
            }

            index = ImageNames.Record(index, plans[i], names[i], numbers, pulled);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _files.KeepLayers(kept);
        Failpoint.MayFail("images.load.layers-kept");
        foreach (var plan in plans)
        {
            _files.WriteBlob(plan.Id, plan.ConfigurationDocument);
            if (plan.ManifestDocument is not null)
            {
                _files.WriteBlob(plan.ManifestDigests[0], plan.ManifestDocument);
            }
        }

        Failpoint.MayFail("images.load.unrecorded");
        Publish(index);
        Failpoint.Hit("images.load.recorded");
        return plans.Select((p, i) => new LoadedImage(
            _snapshot.ById(p.Id), names[i], before.HasImage(p.Id), staged[i].SelectMany(l => l.Unpacked?.Warnings ?? []).ToList())).ToList();
    }

    private IReadOnlyList<ImagePlan> Plans(IBlobs blobs)
    {
        var isOci = Exists(blobs, OciLayout.IndexPath);
        if (!isOci && !Exists(blobs, DockerArchive.ManifestPath))
        {
            throw new ImageException(
                ImageError.InvalidImage,
                $"{blobs.Description} is neither an OCI layout (no {OciLayout.IndexPath}) nor a docker archive (no {DockerArchive.ManifestPath})");
        }

        // Docker writes both since version 25; the layout is the one with digests for everything.
        return isOci
            ? OciLayout.Plan(blobs, _options.Platform, _options.Limits)
            : DockerArchive.Plan(blobs, _options.Platform, _options.Limits);
    }

    private static bool Exists(IBlobs blobs, string path)
    {
        using var stream = blobs.Open(path);
        return stream is not null;
    }

    // The temporary names of layers that are to be deleted; null when there is no such image.
    private List<string>? Remove(string reference, Func<Image, bool> inUse)
    {
        var before = _snapshot;
        if (before.Find(reference) is not var (image, name))
        {
            return null;
        }

        var record = before.Index.Images.First(i => i.Id == image.Id);
        var remaining = name is null ? [] : record.References.Where(r => r != name).ToList();
        if (remaining.Count > 0)
        {
            Publish(before.Index with { Images = before.Index.Images.Select(i => i.Id == record.Id ? i.Without([name!]) : i).ToList() });
            return [];
        }

        if (image.IsPinned)
        {
            throw new ImageException(ImageError.InUse, $"image {name ?? image.Id} is pinned: `insula image unpin` it first");
        }

        if (inUse(image))
        {
            throw new ImageException(ImageError.InUse, $"image {name ?? image.Id} is in use by a pod: delete the pod first");
        }

        var after = (before.Index with { Images = before.Index.Images.Where(i => i.Id != image.Id).ToList() }).WithoutUnusedLayers();
        Publish(after);

        // Recorded; what fails from here on the next opening sweeps.
        Failpoint.MayFail("images.remove.recorded");
        var retired = before.Index.Layers.Except(after.Layers).Where(l => _files.HasLayer(l.Number)).Select(l => _files.RetireLayer(l.Number)).ToList();
        _files.RemoveBlob(image.Id);
        if (record.Digests.Count > 0)
        {
            _files.RemoveBlob(record.Digests[0]);
        }

        Failpoint.Hit("images.remove.retired");
        return retired;
    }

    private void Publish(StoreIndex index)
    {
        _files.WriteIndex(index);
        _snapshot = new StoreSnapshot(index, LayersDirectory);
    }
}

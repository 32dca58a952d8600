using Insula.Images.Formats;
using Insula.Images.Loading;
using Insula.Images.Registry;

namespace Insula.Images;

public sealed partial class ImageStore
{
    /// <summary>Whether a name was given to its image by a pull, so that the registry may have another by now; not one that was loaded by hand, and no digest.</summary>
    public bool IsPulled(string reference) => _snapshot.Find(reference) is (var image, { } name) && image.Pulled.Contains(name);

    /// <summary>
    /// Fetches an image from its registry, or a mirror of it, and loads it. Layers that are there already are not fetched, nor are those that
    /// another pull is fetching; a name that still means what is here costs one question. Nothing is recorded unless all of it is good.
    /// </summary>
    /// <param name="reference">The image.</param>
    /// <param name="access">How registries are spoken to.</param>
    /// <param name="progress">Told of every step; null for none.</param>
    /// <param name="cancellationToken">Ends the pull and leaves nothing.</param>
    /// <exception cref="ImageException">Anything wrong with the registry, the image or the store.</exception>
    public async Task<LoadedImage> PullAsync(string reference, RegistryAccess access, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(access);
        var name = ImageReference.Parse(reference);
        var all = RegistryHosts.Of(access.HostsDirectory, name.Domain, access.PlainHttp).Where(h => h.Pulls).ToList();
        var hosts = all.Where(h => h.Resolves || name.Digest is not null).ToList();
        List<string> failures = [];
        foreach (var host in hosts)
        {
            try
            {
                // Who may not say what a tag means may still have its layers.
                var nearer = all.TakeWhile(h => h != host).Except(hosts).ToList();
                return await PullAsync(name, host, nearer, access, progress, cancellationToken);
            }
            catch (ImageException e) when (e.Error is ImageError.Registry or ImageError.Denied)
            {
                failures.Add(e.Message);
                if (failures.Count == hosts.Count)
                {
                    throw failures.Count == 1 ? e : new ImageException(e.Error, string.Join("; before that, ", Enumerable.Reverse(failures)), e);
                }
            }
        }

        throw new ImageException(ImageError.Registry, $"{access.HostsDirectory} names nobody who gives {name}: a host needs the capabilities pull and resolve");
    }

    private async Task<LoadedImage> PullAsync(
        ImageReference name, RegistryHost host, List<RegistryHost> nearer, RegistryAccess access, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var credentials = await access.Credentials(host.Name, name.Path, cancellationToken);
        for (var i = 0; ; i++)
        {
            try
            {
                using var client = new RegistryClient(name, host, i < credentials.Count ? credentials[i] : null, access.Silence, TimeProvider.System);
                return await PresentAsync(client, name, cancellationToken) ?? await PullAsync(client, name, nearer, access, progress, cancellationToken);
            }
            catch (ImageException e) when (e.Error == ImageError.Denied && i + 1 < credentials.Count)
            {
                // The next one may do.
            }
        }
    }

    private async Task<LoadedImage?> PresentAsync(RegistryClient client, ImageReference name, CancellationToken cancellationToken)
    {
        if (!IsPulled(name.ToString()) || await client.DigestAsync(RegistryBlobs.Documents, cancellationToken) is not { } digest)
        {
            return null;
        }

        var snapshot = _snapshot;
        return snapshot.Find(name.ToString()) is var (image, _) && image.Digests.Contains(digest)
            && snapshot.Index.Images.First(i => i.Id == image.Id).Layers.All(_files.HasLayer)
                ? new LoadedImage(image, [name.ToString()], AlreadyPresent: true, [])
                : null;
    }

    private async Task<LoadedImage> PullAsync(
        RegistryClient client, ImageReference name, List<RegistryHost> nearer, RegistryAccess access, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        LoadedImage? loaded = null;
        var mirrors = new List<RegistryClient>();
        try
        {
            foreach (var host in nearer)
            {
                var credentials = await access.Credentials(host.Name, name.Path, cancellationToken);
                mirrors.Add(new RegistryClient(name, host, credentials.Count > 0 ? credentials[0] : null, access.Silence, TimeProvider.System));
            }

            await GuardAsync(async () =>
            {
                using var blobs = await RegistryBlobs.FindAsync(client, mirrors, name, _options.Limits, _files.MakeTemporaryFile, cancellationToken);
                Failpoint.MayFail("images.pull.found");
                loaded = (await LoadFromAsync(blobs, name, pulled: true, progress, cancellationToken))[0];
            });
            return loaded!;
        }
        finally
        {
            mirrors.ForEach(m => m.Dispose());
        }
    }
}

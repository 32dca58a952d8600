using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Images.Formats;
using Insula.Images.Loading;

namespace Insula.Images.Registry;

/// <summary>
/// An image of a registry as if it were an OCI layout: an index of one, its documents fetched when they are read, its layers where
/// <see cref="FetchAsync"/> has put them. Nothing fetched is believed: whoever reads compares digests.
/// </summary>
internal sealed class RegistryBlobs : IBlobs
{
    private const int AtOnce = 3;

    /// <summary>Media types of what a tag may mean.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        MediaTypes.Index, MediaTypes.Manifest, "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly RegistryClient _client;
    private readonly ImageLimits _limits;
    private readonly string _directory;
    private readonly CancellationToken _ct;
    private readonly Dictionary<string, byte[]> _read = new(StringComparer.Ordinal);
    private readonly HashSet<string> _configurations = new(StringComparer.Ordinal);
    private readonly BlobFetches _fetches;
    private readonly ConcurrentBag<string> _ours = [];
    private volatile bool _fetched;

    private RegistryBlobs(RegistryClient client, ImageReference reference, BlobFetches fetches, ImageLimits limits, string directory, CancellationToken ct)
    {
        (_client, _fetches, _limits, _directory, _ct) = (client, fetches, limits, directory, ct);
        Description = $"{reference} of the registry {client.Name}";
    }

    public string Description { get; }

    public bool AreVerified => _fetched;

    /// <summary>Finds the image.</summary>
    /// <param name="client">Its registry.</param>
    /// <param name="reference">The image.</param>
    /// <param name="fetches">What other pulls are fetching.</param>
    /// <param name="limits">How much is taken.</param>
    /// <param name="directory">Where layers are to be put; there already, and empty.</param>
    /// <param name="ct">Gives up, also while documents are read.</param>
    public static async Task<RegistryBlobs> FindAsync(
        RegistryClient client, ImageReference reference, BlobFetches fetches, ImageLimits limits, string directory, CancellationToken ct)
    {
        RegistryBlobs blobs = new(client, reference, fetches, limits, directory, ct);
        using HttpResponseMessage answer = await client.GetAsync($"manifests/{reference.Digest ?? reference.Tag}", Documents, 0, ct);
        byte[] document = await client.ReadAsync(answer, limits.DocumentBytes, $"the manifest of {reference}", ct);
        string digest = Digests.Of(document);
        if (reference.Digest is { } wanted && wanted != digest)
        {
            throw new ImageException(ImageError.InvalidImage, $"the registry {client.Name} gives {digest} for {reference}");
        }

        string type = answer.Content.Headers.ContentType?.MediaType ?? "";
        if (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type))
        {
            throw new ImageException(ImageError.Unsupported, $"{reference} is of the type {Printable.Quote(type)}, which is not read");
        }

        blobs.Keep(digest, document);
        JsonObject index = new()
        {
            ["schemaVersion"] = 2,
            ["manifests"] = new JsonArray(new JsonObject { ["mediaType"] = type, ["digest"] = digest, ["size"] = document.Length }),
        };
        blobs._read[OciLayout.IndexPath] = Encoding.UTF8.GetBytes(index.ToJsonString());
        return blobs;
    }

    public Stream? Open(string path)
    {
        if (_read.TryGetValue(path, out byte[]? document))
        {
            return new MemoryStream(document, writable: false);
        }

        const string prefix = "blobs/sha256/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string digest = Digests.Prefix + path[prefix.Length..];
        string file = FileOf(digest);
        if (File.Exists(file))
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        }

        if (_fetched)
        {
            // All documents have been read by now: this is a layer that was there when the others were fetched, and has been removed since.
            return null;
        }

        // Reading an image's documents is synchronous work on a thread of its own; there are two or three of them.
        return new MemoryStream(ReadDocumentAsync(digest).GetAwaiter().GetResult(), writable: false);
    }

    /// <summary>Fetches layers, some at once.</summary>
    /// <param name="missing">Tells which there are to fetch; asked again before each of them, since another pull may have brought it.</param>
    /// <param name="progress">Told of each piece of each layer.</param>
    /// <param name="ct">Gives up.</param>
    public async Task FetchAsync(Func<IReadOnlyList<LayerPlan>> missing, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        _fetched = true;
        var wanted = missing().DistinctBy(l => l.Digest).ToList();
        long total = wanted.Sum(l => l.Size ?? 0);
        if (total > _limits.ArchiveBytes)
        {
            throw new ImageException(ImageError.TooLarge, $"{Description} has {total} bytes, at most {_limits.ArchiveBytes} are taken");
        }

        ParallelOptions some = new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(wanted, some, async (layer, token) =>
        {
            long done = 0;
            void Report(long more) => progress?.Report(new LoadProgress(LoadStep.Fetching, layer.DiffId, done += more, layer.Size));
            Report(0);
            long most = layer.Size ?? _limits.LayerBytes;
            Task Fetch() => missing().Any(l => l.Digest == layer.Digest)
                ? BlobDownload.RunAsync(_client, layer.Digest!, most, FileOf(layer.Digest!), Report, token)
                : Task.CompletedTask;
            if (await _fetches.RunAsync(layer.Digest!, FileOf(layer.Digest!), Fetch, token))
            {
                _ours.Add(layer.Digest!);
            }
            else
            {
                Report(layer.Size ?? 0);
            }
        });
    }

    /// <summary>Others find what came by this one in the store, or not at all.</summary>
    public void Dispose()
    {
        foreach (string digest in _ours)
        {
            _fetches.Forget(digest);
        }
    }

    private string FileOf(string digest) => Path.Combine(_directory, Digests.Hex(digest));

    private async Task<byte[]> ReadDocumentAsync(string digest)
    {
        bool isConfiguration = _configurations.Contains(digest);
        using HttpResponseMessage answer = await _client.GetAsync(
            isConfiguration ? $"blobs/{digest}" : $"manifests/{digest}", isConfiguration ? [] : Documents, 0, _ct);
        byte[] document = await _client.ReadAsync(answer, _limits.DocumentBytes, $"{digest} of {Description}", _ct);
        Keep(digest, document);
        return document;
    }

    private void Keep(string digest, byte[] document)
    {
        _read[BlobsExtensions.BlobPath(digest)] = document;
        if (!_configurations.Contains(digest)
            && FormatsJson.Read(document, FormatsJson.Default.OciDocument, $"the manifest {digest}").Config?.Digest is { } configuration)
        {
            _configurations.Add(configuration);
        }
    }
}

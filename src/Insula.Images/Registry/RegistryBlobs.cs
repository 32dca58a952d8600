using System.Text;
using System.Text.Json.Nodes;
using Insula.Images.Formats;
using Insula.Images.Loading;
using Microsoft.Win32.SafeHandles;

namespace Insula.Images.Registry;

/// <summary>
/// An image of a registry as if it were an OCI layout: an index of one, its documents fetched when they are read, its layers while they are.
/// Nothing fetched is believed: whoever reads compares digests.
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
    private readonly IReadOnlyList<RegistryClient> _mirrors;
    private readonly ImageLimits _limits;
    private readonly Func<SafeFileHandle> _makeFile;
    private readonly CancellationToken _ct;
    private readonly Dictionary<string, byte[]> _read = new(StringComparer.Ordinal);
    private readonly HashSet<string> _configurations = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _some = new(AtOnce);

    private RegistryBlobs(RegistryClient client, IReadOnlyList<RegistryClient> mirrors, ImageReference reference, ImageLimits limits, Func<SafeFileHandle> makeFile, CancellationToken ct)
    {
        (_client, _mirrors, _limits, _makeFile, _ct) = (client, mirrors, limits, makeFile, ct);
        Description = $"{reference} of the registry {client.Name}";
    }

    public string Description { get; }

    public string? Source => _client.Name;

    /// <summary>Finds the image.</summary>
    /// <param name="client">Its registry.</param>
    /// <param name="mirrors">Who is asked for layers first.</param>
    /// <param name="reference">The image.</param>
    /// <param name="limits">How much is taken.</param>
    /// <param name="makeFile">Makes an empty file for a layer that is to be unpacked, which goes with its handle.</param>
    /// <param name="ct">Gives up, also while documents are read.</param>
    public static async Task<RegistryBlobs> FindAsync(
        RegistryClient client, IReadOnlyList<RegistryClient> mirrors, ImageReference reference, ImageLimits limits, Func<SafeFileHandle> makeFile, CancellationToken ct)
    {
        RegistryBlobs blobs = new(client, mirrors, reference, limits, makeFile, ct);
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
        // Reading an image's documents is synchronous work on a thread of its own; there are two or three of them.
        return new MemoryStream(ReadDocumentAsync(digest).GetAwaiter().GetResult(), writable: false);
    }

    /// <inheritdoc/>
    public LayerArrival Fetch(LayerPlan layer, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArrivingFile file = new(_makeFile());
        return new LayerArrival(file.Read(), FetchAsync(layer, file, progress, cancellationToken));
    }

    public void Dispose() => _some.Dispose();

    private async Task FetchAsync(LayerPlan layer, ArrivingFile file, IProgress<LoadProgress>? progress, CancellationToken ct)
    {
        try
        {
            await _some.WaitAsync(ct);
            try
            {
                long done = 0;
                void Report(long more) => progress?.Report(new LoadProgress(LoadStep.Fetching, layer.DiffId, done += more, layer.Size));
                Report(0);
                foreach (RegistryClient client in (RegistryClient[])[.. _mirrors, _client])
                {
                    try
                    {
                        await BlobDownload.RunAsync(client, layer.Digest!, layer.Size ?? _limits.LayerBytes, file, Report, ct);
                        break;
                    }
                    catch (ImageException e) when (e.Error is ImageError.Registry or ImageError.Denied && client != _client)
                    {
                        // The next one goes on where this one has come to.
                    }
                }
            }
            finally
            {
                _some.Release();
            }

            file.End(null);
        }
        catch (Exception e)
        {
            file.End(e);
            throw;
        }
    }

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

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Insula.Images.Formats;
using Insula.Images.Layers;
using Insula.Images.Loading;
using Insula.Images.Saving;
using Insula.Linux;

namespace Insula.Images;

/// <summary>
/// Images on their way out: one tar that is an OCI archive and a docker archive alike, as Docker's own is. Layers are plain; the same images always give the same bytes.
/// </summary>
public sealed class ImageArchive : IDisposable
{
    private readonly List<(string Path, byte[] Content)> _documents = [];
    private readonly List<(string DiffId, SkeletonReader Skeleton, Descriptor Directory)> _layers;

    internal ImageArchive(IReadOnlyList<SavedImage> images, List<(string DiffId, SkeletonReader Skeleton, Descriptor Directory)> layers)
    {
        _layers = layers;
        Add("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        Add(OciLayout.IndexPath, SavedImage.Document(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.Index,
            ["manifests"] = new JsonArray([.. images.SelectMany(i => i.Entries())]),
        }));
        Add(DockerArchive.ManifestPath, SavedImage.Document(new JsonArray([.. images.Select(i => (JsonNode)i.DockerEntry())])));
        foreach (var image in images)
        {
            Add(BlobsExtensions.BlobPath(image.Image.Id), image.Configuration);
            Add(BlobsExtensions.BlobPath(Digests.Of(image.Manifest)), image.Manifest);
        }

        Length = _documents.Sum(d => TarMember.Space(d.Content.Length)) + layers.Sum(l => TarMember.Space(l.Skeleton.Length)) + (2 * TarMember.BlockSize);
    }

    /// <summary>How long it is, in bytes.</summary>
    public long Length { get; }

    /// <summary>Writes it. To be called once.</summary>
    /// <exception cref="ImageException">A layer is not any more what was loaded; what was written is of no use then.</exception>
    public async Task WriteAsync(Stream target, CancellationToken cancellationToken)
    {
        foreach (var (path, content) in _documents)
        {
            await target.WriteAsync(TarMember.Header(path, content.Length), cancellationToken);
            await target.WriteAsync(content, cancellationToken);
            await target.WriteAsync(new byte[TarMember.Padding(content.Length)], cancellationToken);
        }

        foreach (var (diffId, skeleton, directory) in _layers)
        {
            await target.WriteAsync(TarMember.Header(BlobsExtensions.BlobPath(diffId), skeleton.Length), cancellationToken);
            var length = skeleton.Length;
            try
            {
                await using var hashed = new HashedWrites(target);
                await skeleton.CopyToAsync(directory, hashed, cancellationToken);
                if (hashed.Count != length || hashed.Digest() != diffId)
                {
                    throw new InvalidDataException("its content has changed");
                }
            }
            catch (InvalidDataException e)
            {
                throw new ImageException(ImageError.Storage, $"layer {diffId} in the store is not what was loaded any more: {e.Message}", e);
            }

            await target.WriteAsync(new byte[TarMember.Padding(length)], cancellationToken);
        }

        await target.WriteAsync(new byte[2 * TarMember.BlockSize], cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _layers.ForEach(l =>
    {
        l.Skeleton.Dispose();
        l.Directory.Dispose();
    });

    // Two images may have the same documents.
    private void Add(string path, byte[] content)
    {
        if (!_documents.Exists(d => d.Path == path))
        {
            _documents.Add((path, content));
        }
    }
}

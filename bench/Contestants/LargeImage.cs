using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Insula.Bench.Contestants;

/// <summary>
/// An image of ten layers with 300 MB of files, half of whose bytes compress to nothing: as the storage of docker-registry, which serves it, and
/// as an archive.
/// </summary>
internal sealed class LargeImage
{
    private const int Layers = 10;
    private const int FilesPerLayer = 300;
    private const int FileBytes = 100_000;
    private const string Repository = "large";

    private readonly string _directory;

    private LargeImage(string directory) => _directory = directory;

    /// <summary>The OCI archive.</summary>
    public string Archive => Path.Combine(_directory, "large.tar");

    /// <summary>The directory of the registry's storage.</summary>
    public string Storage => Path.Combine(_directory, "storage");

    /// <summary>Makes it, the same each time.</summary>
    public static async Task<LargeImage> MakeAsync(string directory, CancellationToken cancellationToken)
    {
        var image = new LargeImage(directory);
        var layout = Directory.CreateDirectory(Path.Combine(directory, "layout", "blobs", "sha256")).FullName;
        List<string> diffs = [], layers = [];
        for (var number = 0; number < Layers; number++)
        {
            var tar = Tar(number);
            diffs.Add($"\"{Digest(tar)}\"");
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                await gzip.WriteAsync(tar, cancellationToken);
            }

            layers.Add(image.Blob(layout, packed.ToArray(), "application/vnd.oci.image.layer.v1.tar+gzip"));
        }

        var architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";
        var config = image.Blob(
            layout,
            Encoding.UTF8.GetBytes($$"""{"architecture":"{{architecture}}","os":"linux","config":{"Cmd":["true"]},"rootfs":{"type":"layers","diff_ids":[{{string.Join(',', diffs)}}]} }"""),
            "application/vnd.oci.image.config.v1+json");
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{config}},"layers":[{{string.Join(',', layers)}}]}""");
        var descriptor = image.Blob(layout, manifest, "application/vnd.oci.image.manifest.v1+json");
        var name = descriptor.Replace("{", """{"annotations":{"io.containerd.image.name":"127.0.0.1:5000/large:1","org.opencontainers.image.ref.name":"127.0.0.1:5000/large:1"},""", StringComparison.Ordinal);
        var place = Path.GetDirectoryName(Path.GetDirectoryName(layout))!;
        await File.WriteAllTextAsync(Path.Combine(place, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(place, "index.json"), $$"""{"schemaVersion":2,"manifests":[{{name}}]}""", cancellationToken);
        await TarFile.CreateFromDirectoryAsync(place, image.Archive, includeBaseDirectory: false, cancellationToken);
        image.Link($"_manifests/revisions/sha256/{Hex(manifest)}/link", manifest);
        image.Link("_manifests/tags/1/current/link", manifest);
        image.Link($"_manifests/tags/1/index/sha256/{Hex(manifest)}/link", manifest);
        return image;
    }

    private static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static string Digest(byte[] content) => $"sha256:{Hex(content)}";

    // Half of each file is noise and half is not.
    private static byte[] Tar(int number)
    {
#pragma warning disable CA5394 // the same each time
        var random = new Random(number);
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            for (var file = 0; file < FilesPerLayer; file++)
            {
                var content = new byte[FileBytes];
                random.NextBytes(content.AsSpan(0, FileBytes / 2));
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"layer{number}/directory{file % 10}/file{file}")
                {
                    DataStream = new MemoryStream(content),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }
#pragma warning restore CA5394

        return stream.ToArray();
    }

    private string Blob(string layout, byte[] content, string type)
    {
        var hex = Hex(content);
        File.WriteAllBytes(Path.Combine(layout, hex), content);
        var data = Directory.CreateDirectory(Path.Combine(Storage, "docker/registry/v2/blobs/sha256", hex[..2], hex)).FullName;
        File.WriteAllBytes(Path.Combine(data, "data"), content);
        Link($"_layers/sha256/{hex}/link", content);
        return $$"""{"mediaType":"{{type}}","digest":"sha256:{{hex}}","size":{{content.Length}}}""";
    }

    private void Link(string path, byte[] content)
    {
        var file = Path.Combine(Storage, "docker/registry/v2/repositories", Repository, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, Digest(content));
    }
}

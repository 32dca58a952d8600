using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Insula.Images.Tests.Support;

/// <summary>Builds layouts and archives in memory, as path → content.</summary>
public sealed class ImageBuilder
{
    private readonly List<(byte[] Blob, string DiffId, string MediaType)> _layers = [];

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public string Config { get; set; } = """{"Cmd":["sh"],"Env":["PATH=/bin"]}""";

    public string Os { get; set; } = "linux";

    public string Architecture { get; set; } = ImagePlatform.Current.Architecture;

    public string? ConfigDocument { get; set; }

    public string ConfigDigest => Digest(Encoding.UTF8.GetBytes(Configuration()));

    public static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static byte[] Gzip(byte[] content)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return result.ToArray();
    }

    public ImageBuilder Layer(TarBuilder tar, bool gzip = true) => Layer(tar.Build(), gzip);

    public ImageBuilder Layer(byte[] tar, bool gzip = true) =>
        Layer(gzip ? Gzip(tar) : tar, Digest(tar), gzip ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.oci.image.layer.v1.tar");

    public ImageBuilder Layer(byte[] blob, string diffId, string mediaType)
    {
        _layers.Add((blob, diffId, mediaType));
        return this;
    }

    /// <summary>Adds the blobs of the image; answers the descriptor of its manifest.</summary>
    public string AddManifest(string? annotations = null, string? platform = null)
    {
        var layers = _layers.Select(l => Blob(l.Blob, l.MediaType)).ToList();
        var config = Blob(Encoding.UTF8.GetBytes(Configuration()), "application/vnd.oci.image.config.v1+json");
        var manifest = $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{config}},"layers":[{{string.Join(',', layers)}}]}""";
        return Blob(Encoding.UTF8.GetBytes(manifest), "application/vnd.oci.image.manifest.v1+json", annotations, platform);
    }

    /// <summary>Adds an index document as a blob; answers its descriptor.</summary>
    public string AddIndex(params string[] descriptors) =>
        Blob(Encoding.UTF8.GetBytes(IndexDocument(descriptors)), "application/vnd.oci.image.index.v1+json");

    public ImageBuilder Index(params string[] descriptors)
    {
        Files["index.json"] = Encoding.UTF8.GetBytes(IndexDocument(descriptors));
        Files["oci-layout"] = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray();
        return this;
    }

    /// <summary>The usual: one manifest, named or not.</summary>
    public ImageBuilder Oci(string? name = null) =>
        Index(AddManifest(name is null ? null : $$"""{"io.containerd.image.name":"{{name}}"}"""));

    /// <summary>The form of docker save before version 25.</summary>
    public ImageBuilder Docker(params string[] names)
    {
        var config = ConfigDigest["sha256:".Length..] + ".json";
        Files[config] = Encoding.UTF8.GetBytes(Configuration());
        var paths = _layers.Select((l, i) => (Path: $"{i}/layer.tar", l.Blob)).ToList();
        paths.ForEach(p => Files[p.Path] = p.Blob);
        var layers = string.Join(',', paths.Select(p => $"\"{p.Path}\""));
        var tags = string.Join(',', names.Select(n => $"\"{n}\""));
        Files["manifest.json"] = Encoding.UTF8.GetBytes($$"""[{"Config":"{{config}}","RepoTags":[{{tags}}],"Layers":[{{layers}}]}]""");
        return this;
    }

    public string Blob(byte[] content, string mediaType, string? annotations = null, string? platform = null)
    {
        var digest = Digest(content);
        Files["blobs/sha256/" + digest["sha256:".Length..]] = content;
        var more = (annotations is null ? "" : $",\"annotations\":{annotations}") + (platform is null ? "" : $",\"platform\":{platform}");
        return $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{content.Length}}{{more}}}""";
    }

    public byte[] Archive()
    {
        var tar = new TarBuilder();
        foreach (var (path, content) in Files)
        {
            tar.File(path, content);
        }

        return tar.Build();
    }

    public void WriteTo(string directory)
    {
        foreach (var (path, content) in Files)
        {
            var target = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, content);
        }
    }

    private static string IndexDocument(string[] descriptors) =>
        $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{string.Join(',', descriptors)}}]}""";

    private string Configuration() =>
        ConfigDocument ?? $$$"""{"created":"2024-01-02T03:04:05Z","architecture":"{{{Architecture}}}","os":"{{{Os}}}","config":{{{Config}}},"rootfs":{"type":"layers","diff_ids":[{{{DiffIds}}}]}}""";

    private string DiffIds => string.Join(',', _layers.Select(l => $"\"{l.DiffId}\""));
}

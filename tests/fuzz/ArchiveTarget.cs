using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Insula.Images;

namespace Insula.Fuzz;

/// <summary>
/// Images loaded into a store on the disk, and saved again. The digests around the input are right, since a wrong one would end each try at once.
/// </summary>
internal sealed class ArchiveTarget
{
    private const string Config = """{"Cmd":["sh"],"Env":["PATH=/bin"],"User":"a:b"}""";

    private readonly string _directory = Directory.CreateTempSubdirectory("insula-fuzz-").FullName;
    private readonly ImageStore _store;
    private readonly int _empty;

    public ArchiveTarget()
    {
        _store = ImageStore.Open(new ImageOptions { Directory = _directory, Ownership = LayerOwnership.CurrentUser });
        _empty = Directories();
    }

    /// <summary>The first byte chooses which document the rest replaces: the index, the manifest, the configuration, or docker's manifest.</summary>
    public void Image(byte[] input)
    {
        if (input.Length > 0)
        {
            var documents = new byte[]?[4];
            documents[input[0] % 4] = input[1..];
            Load(Archive(new byte[1024], documents));
        }
    }

    /// <summary>The input is a layer, as it is.</summary>
    public void Layer(byte[] input) => Load(Archive(input, new byte[]?[4]));

    private void Load(byte[] archive)
    {
        try
        {
            foreach (var loaded in _store.LoadAsync(new MemoryStream(archive), null, null, CancellationToken.None).GetAwaiter().GetResult())
            {
                Save(loaded.Image.Id);
                _ = _store.RemoveAsync(loaded.Image.Id, _ => false, CancellationToken.None).GetAwaiter().GetResult();
            }
        }
        catch (ImageException e) when (e.Error != ImageError.Storage)
        {
            Targets.Check(!e.Message.Any(char.IsControl), $"a message has no control characters: {e.Message}");
        }

        Targets.Check(_store.List().Count == 0, "nothing is recorded of what was refused or removed");
        Targets.Check(Directories() < _empty + 5, "nothing is left on the disk");
    }

    private int Directories() => Directory.GetFileSystemEntries(_directory, "*", SearchOption.AllDirectories).Count(Directory.Exists);

    // What could be loaded is made again to the byte, or it is said beforehand that it cannot be.
    private void Save(string id)
    {
        ImageArchive archive;
        try
        {
            archive = _store.Save([id]);
        }
        catch (ImageException e) when (e.Error == ImageError.Unsupported)
        {
            return;
        }

        using (archive)
        {
            archive.WriteAsync(Stream.Null, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    private static byte[] Archive(byte[] layer, byte[]?[] documents)
    {
        var files = new Dictionary<string, byte[]>();
        var config = documents[2] ?? Encoding.UTF8.GetBytes(
            $$"""{"rootfs":{"type":"layers","diff_ids":["{{Digest(layer)}}"]},"architecture":"{{ImagePlatform.Current.Architecture}}","os":"linux","config":{{Config}} }""");
        if (documents[3] is { } manifests)
        {
            files["manifest.json"] = manifests;
            files["config.json"] = config;
            files["layer.tar"] = layer;
            return Tar(files);
        }

        var manifest = documents[1] ?? Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{Blob(config, "config.v1+json")}},"layers":[{{Blob(layer, "layer.v1.tar")}}] }""");
        files["index.json"] = documents[0] ?? Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"manifests":[{{Blob(manifest, "manifest.v1+json")}}] }""");
        files["oci-layout"] = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray();
        return Tar(files);

        string Blob(byte[] content, string type)
        {
            var digest = Digest(content);
            files[$"blobs/sha256/{digest[7..]}"] = content;
            return $$"""{"mediaType":"application/vnd.oci.image.{{type}}","digest":"{{digest}}","size":{{content.Length}} }""";
        }
    }

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Tar(Dictionary<string, byte[]> files)
    {
        using var result = new MemoryStream();
        using (var writer = new TarWriter(result, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return result.ToArray();
    }
}

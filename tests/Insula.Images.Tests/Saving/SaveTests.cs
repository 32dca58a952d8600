using System.Formats.Tar;
using System.Text.Json.Nodes;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Saving;

public sealed class SaveTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly TemporaryDirectory _other = new();
    private readonly ImageStore _store;

    public SaveTests() => _store = Stores.Open(_temporary);

    public void Dispose()
    {
        _store.Dispose();
        _temporary.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_the_same_image_wherever_it_is_loaded_in_either_format()
    {
        var image = new ImageBuilder().Layer(Rich()).Layer(new TarBuilder().File("etc/.wh.gone").File("b", "two")).Oci("app:1");
        var loaded = await _store.LoadOneAsync(image);
        var archive = await SaveAsync("app:1");
        var members = Members(archive);
        Assert.Equal(image.ConfigDigest, ImageBuilder.Digest(members["blobs/sha256/" + image.ConfigDigest["sha256:".Length..]]));
        Assert.Equal(Rich().Build(), members[$"blobs/sha256/{ImageBuilder.Digest(Rich().Build())["sha256:".Length..]}"]);
        Assert.All(members.Where(m => m.Key.StartsWith("blobs/", StringComparison.Ordinal)), m => Assert.EndsWith(ImageBuilder.Digest(m.Value)["sha256:".Length..], m.Key, StringComparison.Ordinal));

        using var oci = Stores.Open(_other);
        var again = Assert.Single(await oci.LoadAsync(new MemoryStream(archive), null, null, CancellationToken.None));
        Assert.Equal((loaded.Image.Id, "docker.io/library/app:1"), (again.Image.Id, Assert.Single(again.References)));
        oci.AssertClean();
        await oci.RemoveAsync("app:1", _ => false, CancellationToken.None);

        // Whoever knows docker archives alone reads it as one.
        using var old = new MemoryStream();
        using (var writer = new TarWriter(old, leaveOpen: true))
        {
            foreach (var (path, content) in members.Where(m => m.Key is not ("index.json" or "oci-layout")))
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
            }
        }

        again = Assert.Single(await oci.LoadAsync(new MemoryStream(old.ToArray()), null, null, CancellationToken.None));
        Assert.Equal((loaded.Image.Id, "docker.io/library/app:1"), (again.Image.Id, Assert.Single(again.References)));
    }

    [Fact]
    public async Task The_same_images_always_give_the_same_bytes_and_have_shared_layers_once()
    {
        var below = new TarBuilder().File("below", "b");
        await _store.LoadOneAsync(new ImageBuilder().Layer(below).Layer(new TarBuilder().File("a", "1")).Oci("one"));
        await _store.LoadOneAsync(new ImageBuilder().Layer(below).Layer(new TarBuilder().File("a", "2")).Oci("two"), "two:x");
        await _store.LoadOneAsync(new ImageBuilder().Layer(below).Layer(new TarBuilder().File("a", "2")).Oci("two"), "two:y");
        var archive = await SaveAsync("one", "two:x", "two:y");
        Assert.Equal(archive, await SaveAsync("one", "two:x", "two:y"));
        var members = Members(archive);
        Assert.Equal(3 + 3 + 4, members.Count); // index, marker and manifest; layers; two configurations and manifests
        Assert.Equal(
            ["docker.io/library/one:latest", "docker.io/library/two:x", "docker.io/library/two:y"],
            JsonNode.Parse(members["index.json"])!["manifests"]!.AsArray().Select(m => (string)m!["annotations"]!["io.containerd.image.name"]!));

        using var store = Stores.Open(_other);
        Assert.Equal(2, (await store.LoadAsync(new MemoryStream(archive), null, null, CancellationToken.None)).Select(i => i.Image.Id).Distinct().Count());
        Assert.Equal(["docker.io/library/two:x", "docker.io/library/two:y"], store.Resolve("two:x")!.References);
    }

    [Fact]
    public async Task What_is_not_there_is_said_before_a_byte_is_written()
    {
        await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("a")).Oci("app"));
        Assert.Equal(ImageError.NotFound, Assert.Throws<ImageException>(() => _store.Save(["app", "other"])).Error);
    }

    [Fact]
    public async Task A_layer_whose_entries_replace_others_cannot_be_made_again()
    {
        await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("a", "one").File("a", "two")).Oci("app"));
        var e = Assert.Throws<ImageException>(() => _store.Save(["app"]));
        Assert.Equal(ImageError.Unsupported, e.Error);
        Assert.Contains("replace others", e.Message, StringComparison.Ordinal);
        _store.AssertClean();
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("short")]
    [InlineData("")]
    public async Task A_layer_that_somebody_changed_is_not_given_out_as_what_it_was(string content)
    {
        var loaded = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("a", "content")).Oci("app"));
        var file = Path.Combine(loaded.Image.LayerDirectories[0], "a");
        File.Delete(file);
        if (content.Length > 0)
        {
            File.WriteAllText(file, content);
        }

        var e = await Assert.ThrowsAsync<ImageException>(() => SaveAsync("app"));
        Assert.Equal(ImageError.Storage, e.Error);
        Assert.Contains("is not what was loaded any more", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_makes_layers_again_comes_and_goes_with_them()
    {
        await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("a", "one")).Oci("app"));
        var skeletons = Path.Combine(_temporary["images"], "skeletons");
        Assert.Single(Directory.GetFiles(skeletons));
        File.WriteAllText(Path.Combine(skeletons, "77"), "of a layer that a crash left");
        _store.Dispose();
        using var store = Stores.Open(_temporary);
        Assert.Single(Directory.GetFiles(skeletons));
        await store.RemoveAsync("app", _ => false, CancellationToken.None);
        Assert.Empty(Directory.GetFiles(skeletons));
    }

    // Everything a layer may have that is not read the same way twice: long names, links, padding, what follows the end.
    private static TarBuilder Rich() => new TarBuilder()
        .Directory("etc/").Directory("dir/", mode: 0x1C0)
        .File("etc/one", "1").File("etc/empty").File("etc/block", new string('x', 512)).File("etc/large", new string('y', 200_000))
        .Link("to", "dir").File("to/through", "a link on the way")
        .HardLink("etc/same", "etc/one")
        .Pax("path", "dir/" + new string('n', 200)).File("short", "long name")
        .Entry('L', "././@LongLink", content: [.. "dir/"u8.ToArray(), .. Enumerable.Repeat((byte)'g', 150), 0]).File("cut", "GNU")
        .Fifo("fifo")
        .Raw(new byte[1024]).Raw([.. "what follows"u8.ToArray(), .. new byte[5000]]);

    private async Task<byte[]> SaveAsync(params string[] references)
    {
        using var archive = _store.Save(references);
        using var target = new MemoryStream();
        await archive.WriteAsync(target, CancellationToken.None);
        Assert.Equal(archive.Length, target.Length);
        return target.ToArray();
    }

    private static Dictionary<string, byte[]> Members(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        var members = new Dictionary<string, byte[]>();
        while (reader.GetNextEntry() is { } entry)
        {
            var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            members.Add(entry.Name, content.ToArray());
        }

        return members;
    }
}

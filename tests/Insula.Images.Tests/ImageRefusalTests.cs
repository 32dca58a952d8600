using System.Text;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests;

public sealed class ImageRefusalTests : IDisposable
{
    private const string Name = "docker.io/library/app:latest";
    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageStore _store;

    public ImageRefusalTests() => _store = Stores.Open(_temporary);

    public void Dispose()
    {
        _store.Dispose();
        _temporary.Dispose();
    }

    private static ImageBuilder One() => new ImageBuilder().Layer(new TarBuilder().File("f", "x"));

    [Fact]
    public async Task What_is_no_archive_is_refused()
    {
        await _store.RefusesAsync([], ImageError.InvalidImage);
        await _store.RefusesAsync(Encoding.UTF8.GetBytes(new string('{', 5000)), ImageError.InvalidImage);
        await _store.RefusesAsync(new TarBuilder().File("readme", "hi").Build(), ImageError.InvalidImage);
        await _store.RefusesAsync(ImageBuilder.Gzip(One().Oci().Archive())[..200], ImageError.InvalidImage);
        await _store.RefusesAsync([0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0], ImageError.InvalidImage);
        await _store.RefusesAsync([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0], ImageError.Unsupported);
    }

    [Fact]
    public async Task What_is_said_of_damaged_json_has_no_control_characters_of_it()
    {
        var refusal = await _store.RefusesAsync(new TarBuilder().File("index.json", "{\"manifests\":[{\"\\u001b[2Jx\":1,\"size\":\"\u0010\"}]}").Build(), ImageError.InvalidImage);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
        Assert.Contains("index.json is not the JSON it should be", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_lead_out_of_the_archive_are_refused()
    {
        await _store.RefusesAsync(new TarBuilder().File("../index.json", "{}").Build(), ImageError.InvalidImage);
        await _store.RefusesAsync(new TarBuilder().Link("index.json", "../../etc/passwd").Build(), ImageError.InvalidImage);
        await _store.RefusesAsync(new TarBuilder().Link("index.json", "index.json").Build(), ImageError.InvalidImage);
        await _store.RefusesAsync(new TarBuilder().Device('3', "index.json", 1, 5).Build(), ImageError.InvalidImage);
    }

    [Fact]
    public async Task A_layout_is_read_inside_its_directory_and_only_from_files()
    {
        Directory.CreateDirectory(_temporary["layout"]);
        File.WriteAllText(_temporary["outside.json"], "{}");
        File.CreateSymbolicLink(_temporary["layout/index.json"], "../outside.json");
        var e = await Assert.ThrowsAsync<ImageException>(() => _store.LoadLayoutAsync(_temporary["layout"], null, null, CancellationToken.None));
        Assert.Equal(ImageError.InvalidImage, e.Error);
        File.Delete(_temporary["layout/index.json"]);
        using (var layout = Insula.Linux.Files.Directories.Open(_temporary["layout"]))
        {
            Insula.Linux.Files.Entries.MakeNode(layout, "index.json", 0x1180, 0, 0);
        }

        // A FIFO nobody writes to must not stall the load.
        e = await Assert.ThrowsAsync<ImageException>(() => _store.LoadLayoutAsync(_temporary["layout"], null, null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("regular file", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<ImageException>(() => _store.LoadLayoutAsync(_temporary["nowhere"], null, null, CancellationToken.None));
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_blobs_are_refused_by_digest_and_size()
    {
        var image = One().Oci(Name);
        foreach (var path in image.Files.Keys.Where(k => k.StartsWith("blobs/", StringComparison.Ordinal)).ToList())
        {
            var good = image.Files[path];
            var bad = (byte[])good.Clone();
            bad[^1] ^= 1;
            image.Files[path] = bad;
            await _store.RefusesAsync(image, ImageError.InvalidImage);
            image.Files[path] = [.. good, 0];
            await _store.RefusesAsync(image, ImageError.InvalidImage);
            image.Files.Remove(path);
            await _store.RefusesAsync(image, ImageError.InvalidImage);
            image.Files[path] = good;
        }

        await _store.LoadOneAsync(image);
    }

    [Fact]
    public async Task A_layer_that_is_not_what_the_configuration_says_is_refused()
    {
        var tar = new TarBuilder().File("f", "x").Build();
        var image = new ImageBuilder().Layer(ImageBuilder.Gzip(tar), ImageBuilder.Digest([1]), "application/vnd.oci.image.layer.v1.tar+gzip");
        await _store.RefusesAsync(image.Oci(), ImageError.InvalidImage);
        image = new ImageBuilder().Layer(tar, ImageBuilder.Digest([1]), "");
        await _store.RefusesAsync(image.Docker(Name), ImageError.InvalidImage);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted")]
    [InlineData("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "helm")]
    public async Task Layers_of_other_kinds_are_refused_by_name(string mediaType, string named)
    {
        var image = new ImageBuilder().Layer([1, 2, 3], ImageBuilder.Digest([1]), mediaType);
        Assert.Contains(named, (await _store.RefusesAsync(image.Oci(), ImageError.Unsupported)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD })]
    public async Task A_damaged_zstd_layer_is_refused(byte[] blob)
    {
        var image = new ImageBuilder().Layer(blob, ImageBuilder.Digest([1]), "application/vnd.oci.image.layer.v1.tar");
        Assert.Contains("zstd", (await _store.RefusesAsync(image.Oci(), ImageError.InvalidImage)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_with_another_compression_is_refused_by_name()
    {
        var image = new ImageBuilder().Layer([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 1], ImageBuilder.Digest([1]), "application/vnd.oci.image.layer.v1.tar");
        Assert.Contains("xz", (await _store.RefusesAsync(image.Oci(), ImageError.Unsupported)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_platform_is_chosen_from_an_index()
    {
        var image = new ImageBuilder().Layer(new TarBuilder().File("arch", "mine"));
        var mine = image.AddManifest(platform: $$"""{"os":"linux","architecture":"{{ImagePlatform.Current.Architecture}}"}""");
        var other = image.Blob("{}"u8.ToArray(), "application/vnd.oci.image.manifest.v1+json", platform: """{"os":"linux","architecture":"s390x"}""");
        var attestation = image.Blob("{ }"u8.ToArray(), "application/vnd.oci.image.manifest.v1+json", platform: """{"os":"unknown","architecture":"unknown"}""");
        image.Index(image.AddIndex(attestation, other, mine));
        var loaded = await _store.LoadOneAsync(image, "app");
        Assert.Equal("mine", File.ReadAllText(Path.Combine(loaded.Image.LayerDirectories[0], "arch")));

        // Named by the index's digest too, as a manifest list is pulled by it.
        Assert.NotNull(_store.Resolve("app@" + ImageBuilder.Digest(image.Files.Single(f => Encoding.UTF8.GetString(f.Value).Contains("unknown", StringComparison.Ordinal)).Value)));
        image.Index(image.AddIndex(attestation, other));
        Assert.Contains("s390x", (await _store.RefusesAsync(image, ImageError.WrongPlatform)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_for_another_machine_is_refused()
    {
        var image = new ImageBuilder { Architecture = "s390x" }.Layer(new TarBuilder().File("f"));
        Assert.Contains("s390x", (await _store.RefusesAsync(image.Oci(), ImageError.WrongPlatform)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_that_could_be_read_in_two_ways_are_refused()
    {
        var image = One();
        var manifest = image.AddManifest();
        image.Files["index.json"] = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{{manifest}}],"layers":[]}""");
        await _store.RefusesAsync(image, ImageError.InvalidImage);
        image.Files["index.json"] = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[],"manifests":[{{manifest}}]}""");
        await _store.RefusesAsync(image, ImageError.InvalidImage);
        image.Files["index.json"] = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[{{manifest}}]}""");
        await _store.RefusesAsync(image, ImageError.InvalidImage);
        image.Files["index.json"] = Encoding.UTF8.GetBytes($$"""{"schemaVersion":1,"manifests":[{{manifest}}]}""");
        await _store.RefusesAsync(image, ImageError.Unsupported);
        foreach (var broken in new[] { "", "null", "[]", "{", "{\"manifests\":[null]}", "{\"manifests\":{}}", "{\"schemaVersion\":2}", "{\"schemaVersion\":2,\"manifests\":[]}" })
        {
            image.Files["index.json"] = Encoding.UTF8.GetBytes(broken);
            await _store.RefusesAsync(image, ImageError.InvalidImage);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"rootfs":{"diff_ids":[]}}""")]
    [InlineData("""{"rootfs":{"diff_ids":["sha256:short"]}}""")]
    [InlineData("""{"rootfs":{"diff_ids":[null]}}""")]
    [InlineData("""{"config":{"Env":["NOVALUE"]},"rootfs":{"diff_ids":["DIFF"]}}""")]
    [InlineData("""{"config":{"Cmd":[null]},"rootfs":{"diff_ids":["DIFF"]}}""")]
    [InlineData("""{"config":{"Cmd":["a\u0000b"]},"rootfs":{"diff_ids":["DIFF"]}}""")]
    [InlineData("""{"config":{"Cmd":"sh"},"rootfs":{"diff_ids":["DIFF"]}}""")]
    public async Task Broken_configurations_are_refused(string document)
    {
        var tar = new TarBuilder().File("f", "x").Build();
        var image = new ImageBuilder { ConfigDocument = document.Replace("DIFF", ImageBuilder.Digest(tar), StringComparison.Ordinal) }.Layer(tar);
        await _store.RefusesAsync(image.Oci(), ImageError.InvalidImage);
        await _store.RefusesAsync(image.Docker(Name).Archive(), ImageError.InvalidImage);
    }

    [Fact]
    public async Task An_image_without_layers_is_refused() => await _store.RefusesAsync(new ImageBuilder().Oci(), ImageError.InvalidImage);

    [Fact]
    public async Task Names_of_the_archive_are_checked_and_a_digest_must_be_true()
    {
        await _store.RefusesAsync(One().Oci("Not A Name"), ImageError.InvalidImage);
        await _store.RefusesAsync(One().Oci("app@" + ImageBuilder.Digest([1])), ImageError.InvalidImage);
        var e = await Assert.ThrowsAsync<ImageException>(() => _store.LoadOneAsync(One().Oci(), "Not A Name"));
        Assert.Equal(ImageError.InvalidReference, e.Error);
        var two = One();
        two.Index(two.AddManifest("""{"org.opencontainers.image.ref.name":"a:1"}"""), two.AddManifest("""{"org.opencontainers.image.ref.name":"b:1"}"""));
        await _store.RefusesAsync(two.Archive(), ImageError.InvalidImage, name: "app");
        Assert.Equal(2, (await _store.LoadAsync(new MemoryStream(two.Archive()), null, null, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Nothing_of_an_archive_is_recorded_when_one_image_is_bad()
    {
        var image = One();
        var good = image.AddManifest("""{"io.containerd.image.name":"good:1"}""");
        image.Layer(new TarBuilder().File("../escape"));
        image.Index(good, image.AddManifest("""{"io.containerd.image.name":"bad:1"}"""));
        await _store.RefusesAsync(image, ImageError.InvalidImage);
        Assert.Empty(_store.List());
    }

    [Fact]
    public async Task Limits_hold()
    {
        async Task Refuses(ImageLimits limits, byte[] archive)
        {
            using var directory = new TemporaryDirectory();
            using var store = Stores.Open(directory, limits);
            await store.RefusesAsync(archive, ImageError.TooLarge);
        }

        var image = One().Layer(new TarBuilder().File("g", "y")).Oci(Name).Archive();
        await Refuses(new() { Layers = 1 }, image);
        await Refuses(new() { ArchiveBytes = 1000 }, image);
        await Refuses(new() { ArchiveMembers = 3 }, image);
        await Refuses(new() { DocumentBytes = 100 }, image);
        await Refuses(new() { LayerBytes = 1000 }, image);
        await Refuses(new() { IndexEntries = 0 }, image);
        await Refuses(new() { Images = 0 }, image);
        await Refuses(new() { LayerEntries = 2 }, new ImageBuilder().Layer(new TarBuilder().File("1").File("2").File("3")).Oci().Archive());
        var nested = One();
        await Refuses(new() { IndexDepth = 2 }, nested.Index(nested.AddIndex(nested.AddIndex(nested.AddManifest()))).Archive());
    }

    [Fact]
    public async Task Decompression_bombs_are_stopped_early()
    {
        using var directory = new TemporaryDirectory();
        using var store = Stores.Open(directory, new() { ExpansionFloor = 1 << 20 });
        var bomb = new TarBuilder().File("zeros", new byte[8 << 20]);
        var e = await store.RefusesAsync(new ImageBuilder().Layer(bomb).Oci().Archive(), ImageError.TooLarge);
        Assert.Contains("bomb", e.Message, StringComparison.Ordinal);
        await store.RefusesAsync(new ImageBuilder().Layer(bomb).Docker(Name).Archive(), ImageError.TooLarge);
        await store.RefusesAsync(ImageBuilder.Gzip(new ImageBuilder().Layer(bomb, gzip: false).Oci().Archive()), ImageError.TooLarge);
    }
}

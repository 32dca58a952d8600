using System.Net;
using System.Net.Sockets;
using Insula.Images.Registry;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Registry;

public sealed class PullTests : IDisposable
{
    private static readonly RegistryCredential _me = new("me", "secret");

    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageStore _store;
    private readonly FakeRegistry _registry = new(Image().Oci());

    public PullTests() => _store = Stores.Open(_temporary);

    public void Dispose()
    {
        _registry.Dispose();
        _store.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task An_image_is_pulled_by_tag_and_by_digest_and_nothing_comes_twice()
    {
        var pulled = await PullAsync();
        Assert.Equal([$"{_registry.Name}:latest"], pulled.References);
        Assert.Equal(_registry.Image.ConfigDigest, pulled.Image.Id);
        Assert.Equal("two", File.ReadAllText(Path.Combine(pulled.Image.LayerDirectories[0], "b")));
        Assert.Equal(4, _registry.Asked.Count); // the manifest, the configuration, two layers
        _store.AssertClean();

        var again = await _store.PullAsync($"{_registry.Name}@{pulled.Image.Digest}", new RegistryAccess(), null, CancellationToken.None);
        Assert.True(again.AlreadyPresent);
        Assert.Equal(6, _registry.Asked.Count);
        Assert.NotNull(_store.Resolve($"{_registry.Name}@{pulled.Image.Digest}"));
    }

    [Fact]
    public async Task Of_an_index_the_image_for_this_machine_is_taken()
    {
        var image = Image();
        var other = image.Blob("{}"u8.ToArray(), "application/vnd.oci.image.manifest.v1+json", platform: """{"os":"linux","architecture":"none"}""");
        var own = image.AddManifest(platform: $$"""{"os":"linux","architecture":"{{ImagePlatform.Current.Architecture}}"}""");
        _registry.Image = image.Index(image.AddIndex(other, own));
        var pulled = await PullAsync();
        Assert.Equal(image.ConfigDigest, pulled.Image.Id);
        Assert.Equal(5, _registry.Asked.Count);
    }

    [Theory]
    [InlineData(nameof(FakeRegistry.SignIn.Basic))]
    [InlineData(nameof(FakeRegistry.SignIn.Bearer))]
    public async Task Who_may_pull_signs_in_and_nobody_else_learns_the_password(string wants)
    {
        _registry.Wants = Enum.Parse<FakeRegistry.SignIn>(wants);
        _registry.Redirects = true;
        var e = await RefusedAsync(ImageError.Denied);
        Assert.Contains("sign in with", e.Message, StringComparison.Ordinal);
        e = await RefusedAsync(ImageError.Denied, new("me", "pa55word"));
        Assert.DoesNotContain("pa55word", e.ToString(), StringComparison.Ordinal);
        await PullAsync(_me);

        // Where the blobs are kept, nobody is to sign in.
        Assert.All(_registry.Asked, a => Assert.Equal(a.StartsWith("manifests/", StringComparison.Ordinal), a.EndsWith(" signed in", StringComparison.Ordinal)));
        Assert.DoesNotContain("secret", _me.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_cut_off_goes_on(bool resumes)
    {
        var large = new byte[300_000];
        new Random(1).NextBytes(large);
        _registry.Image = new ImageBuilder().Layer(new TarBuilder().File("large", Convert.ToBase64String(large)), gzip: false).Oci();
        (_registry.Cuts, _registry.Resumes) = ((100_000, 3), resumes);
        var pulled = await PullAsync();
        Assert.Equal(Convert.ToBase64String(large), File.ReadAllText(Path.Combine(pulled.Image.LayerDirectories[0], "large")));
        Assert.Contains(_registry.Asked, a => a.Contains(" from ", StringComparison.Ordinal));
        _store.AssertClean();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task What_fails_in_passing_is_tried_again(int status)
    {
        _registry.Refuses = (status, 2);
        await PullAsync();
        _registry.Refuses = (status, 100);
        var e = await RefusedAsync(ImageError.Registry);
        Assert.Contains($"{status}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blobs/", "longer", ImageError.InvalidImage)]
    [InlineData("blobs/", "other", ImageError.InvalidImage)]
    [InlineData("blobs/", "shorter", ImageError.InvalidImage)]
    [InlineData("manifests/", "other", ImageError.InvalidImage)]
    public async Task What_is_given_is_what_was_announced_or_nothing(string of, string how, ImageError error)
    {
        _registry.Spoils = (asked, content) => !asked.StartsWith(of, StringComparison.Ordinal) ? content : how switch
        {
            "longer" => [.. content, 0],
            "shorter" => content[..^1],
            _ => [.. content[..^1], (byte)(content[^1] ^ 1)],
        };
        await RefusedAsync(error);
    }

    [Fact]
    public async Task Another_manifest_than_the_digest_says_is_refused()
    {
        var digest = (string)System.Text.Json.Nodes.JsonNode.Parse(_registry.Image.Files["index.json"])!["manifests"]![0]!["digest"]!;
        _registry.Spoils = (asked, content) => asked.StartsWith("manifests/", StringComparison.Ordinal) ? [.. content, (byte)'\n'] : content;
        await RefusedAsync(ImageError.InvalidImage, name: $"{_registry.Name}@{digest}");
    }

    [Fact]
    public async Task What_is_not_there_is_said()
    {
        var e = await RefusedAsync(ImageError.Registry, name: $"{_registry.Name}:none");
        Assert.Equal($"the registry 127.0.0.1:{_registry.Port} has no image {_registry.Name}:none", e.Message);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        e = await RefusedAsync(ImageError.Registry, name: $"127.0.0.1:{port}/app");
        Assert.Contains($"the registry 127.0.0.1:{port} cannot be reached: ", e.Message, StringComparison.Ordinal);
        e = await RefusedAsync(ImageError.Registry, name: "registry.invalid/app");
        Assert.Contains("the registry registry.invalid cannot be reached: its name cannot be resolved", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifests/")]
    [InlineData("blobs/")]
    public async Task A_registry_that_stalls_is_given_up(string at)
    {
        _registry.Stalls = at;
        var e = await Assert.ThrowsAsync<ImageException>(
            () => _store.PullAsync($"{_registry.Name}:latest", new RegistryAccess { Silence = TimeSpan.FromMilliseconds(200) }, null, CancellationToken.None));
        Assert.Equal(ImageError.Registry, e.Error);
        Assert.Contains("breaks off in the middle of", e.Message, StringComparison.Ordinal);
        Assert.Contains("did not answer in time", e.Message, StringComparison.Ordinal);
        _store.AssertClean();
    }

    [Fact]
    public async Task A_document_that_is_too_large_is_not_read()
    {
        _registry.Spoils = (asked, content) => asked.StartsWith("manifests/", StringComparison.Ordinal) ? [.. content, .. new byte[ImageLimits.Default.DocumentBytes]] : content;
        await RefusedAsync(ImageError.TooLarge);
    }

    [Fact]
    public async Task A_name_that_means_what_is_here_costs_one_question_and_a_new_image_takes_it()
    {
        await PullAsync();
        Assert.True(_store.IsPulled(_registry.Name));
        _registry.Asked.Clear();
        var again = await PullAsync();
        Assert.True(again.AlreadyPresent);
        Assert.Equal(["HEAD manifests/latest"], _registry.Asked);

        _registry.Image = Image().Layer(new TarBuilder().File("c", "three")).Oci();
        var renewed = await PullAsync();
        Assert.False(renewed.AlreadyPresent);
        Assert.Equal(_registry.Image.ConfigDigest, _store.Resolve(_registry.Name)?.Id);
        Assert.Empty(_store.Resolve(again.Image.Id)!.References);
        Assert.True(_store.IsPulled(_registry.Name));
    }

    [Fact]
    public async Task A_name_that_was_loaded_by_hand_is_nobody_elses_word()
    {
        await PullAsync();
        using var archive = new MemoryStream(Image().Layer(new TarBuilder().File("own", "x")).Oci().Archive());
        await _store.LoadAsync(archive, _registry.Name, null, CancellationToken.None);
        Assert.False(_store.IsPulled(_registry.Name));
        await PullAsync();
        Assert.True(_store.IsPulled(_registry.Name));
    }

    [Fact]
    public async Task A_zstd_layer_is_read()
    {
        var tar = new TarBuilder().File("z", "packed").Build();
        using var compressor = new ZstdSharp.Compressor();
        _registry.Image = new ImageBuilder().Layer(compressor.Wrap(tar).ToArray(), ImageBuilder.Digest(tar), "application/vnd.oci.image.layer.v1.tar+zstd").Oci();
        var pulled = await PullAsync();
        Assert.Equal("packed", File.ReadAllText(Path.Combine(pulled.Image.LayerDirectories[0], "z")));
    }

    [Fact]
    public async Task Credentials_are_tried_in_their_order()
    {
        _registry.Wants = FakeRegistry.SignIn.Bearer;
        List<string> asked = [];
        var access = new RegistryAccess
        {
            Credentials = (registry, repository, _) =>
            {
                asked.Add($"{registry} {repository}");
                return new([new("you", "other"), _me]);
            },
        };
        await _store.PullAsync(_registry.Name, access, null, CancellationToken.None);
        Assert.Equal([$"127.0.0.1:{_registry.Port} {FakeRegistry.Repository}"], asked);
    }

    [Fact]
    public async Task A_layer_that_two_images_want_at_once_comes_once()
    {
        var shared = new TarBuilder().File("shared", "s");
        var (_, _, asked) = await AtOnceAsync([shared, new TarBuilder().File("a", "one")], [shared, new TarBuilder().File("d", "other")]);
        Assert.Equal(1, asked(shared));
        _store.AssertClean();
    }

    [Fact]
    public async Task A_layer_that_two_images_want_at_once_upon_different_ones_comes_once()
    {
        var (a, b, shared) = (new TarBuilder().File("a", "a"), new TarBuilder().File("b", "b"), new TarBuilder().File("shared", "s"));
        var (mine, others, asked) = await AtOnceAsync([a, shared], [b, shared]);
        Assert.Equal(mine.Image.LayerDirectories[0], others.Image.LayerDirectories[0]);
        Assert.Equal(1, asked(shared));
        _store.AssertClean();
    }

    [Fact]
    public async Task Two_images_of_the_same_layers_in_opposite_order_do_not_wait_for_each_other()
    {
        var layers = Enumerable.Range(0, 6).Select(i => new TarBuilder().File($"f{i}", "f")).ToArray();
        var (_, _, asked) = await AtOnceAsync(layers, [.. layers.Reverse(), layers[0]]);
        Assert.All(layers, l => Assert.Equal(1, asked(l)));
        _store.AssertClean();
    }

    [Fact]
    public async Task A_layer_that_two_images_want_at_once_is_each_ones_where_it_depends_on_what_is_below()
    {
        // The directory is not in the layer, so it is as the one below.
        var shared = new TarBuilder().File("d/shared", "s");
        var (mine, others, _) = await AtOnceAsync([new TarBuilder().Directory("d", mode: 0x1C0), shared], [new TarBuilder().Directory("d", mode: 0x1F8), shared]);
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(Path.Combine(mine.Image.LayerDirectories[0], "d")));
        Assert.Equal((UnixFileMode)0x1F8, File.GetUnixFileMode(Path.Combine(others.Image.LayerDirectories[0], "d")));
        _store.AssertClean();
    }

    [Fact]
    public async Task A_layer_is_unpacked_while_it_comes()
    {
        var layer = new TarBuilder().File("first", new string('1', 300_000)).File("second", new string('2', 600_000));
        _registry.Image = new ImageBuilder().Layer(layer, gzip: false).Oci();
        var tmp = Path.Combine(Path.GetDirectoryName(_store.LayersDirectory)!, "tmp");
        var seen = false;
        _registry.Midway = asked => seen |= asked.Contains(ImageBuilder.Digest(layer.Build()), StringComparison.Ordinal) && SpinWait.SpinUntil(
            () => Directory.GetFiles(tmp, "first", SearchOption.AllDirectories) is [var file] && new FileInfo(file).Length == 300_000, TimeSpan.FromSeconds(30));
        var pulled = await PullAsync();
        Assert.True(seen);
        Assert.Equal(600_000, new FileInfo(Path.Combine(pulled.Image.LayerDirectories[0], "second")).Length);
        _store.AssertClean();
    }

    [Fact]
    public async Task A_layer_that_is_removed_while_others_are_unpacked_upon_it_is_fetched_again()
    {
        var below = new TarBuilder().File("below", "b");
        _registry.Image = new ImageBuilder().Layer(below).Oci();
        var old = await PullAsync();
        _registry.Image = new ImageBuilder().Layer(below).Layer(new TarBuilder().File("above", "a")).Oci();
        var removed = 0;
        _registry.Midway = _ =>
        {
            if (Interlocked.Increment(ref removed) == 1)
            {
                Assert.True(_store.RemoveAsync(old.Image.Id, _ => false, CancellationToken.None).GetAwaiter().GetResult());
            }
        };
        var pulled = await _store.PullAsync($"{_registry.Name}:latest", new RegistryAccess(), null, CancellationToken.None);
        Assert.Equal(["above", "below"], pulled.Image.LayerDirectories.Select(d => Path.GetFileName(Assert.Single(Directory.GetFiles(d)))));
        _store.AssertClean();
    }

    [Fact]
    public async Task A_registry_that_drips_a_layer_holds_up_nobody_who_has_it_from_elsewhere()
    {
        using var temporary = new TemporaryDirectory();
        using var store = ImageStore.Open(Stores.Options(temporary["images"]) with { Patience = TimeSpan.FromMilliseconds(100) });
        var shared = new TarBuilder().File("shared", "s");
        using var drips = new FakeRegistry(new ImageBuilder().Layer(shared).Oci());
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        drips.Midway = asked =>
        {
            if (asked.Contains(ImageBuilder.Digest(ImageBuilder.Gzip(shared.Build())), StringComparison.Ordinal))
            {
                begun.SetResult();
                gate.Wait(TimeSpan.FromSeconds(30));
            }
        };
        var hostile = store.PullAsync(drips.Name, new RegistryAccess(), null, CancellationToken.None);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _registry.Image = new ImageBuilder().Layer(shared).Layer(new TarBuilder().File("above", "a")).Oci();
        var mine = await store.PullAsync($"{_registry.Name}:latest", new RegistryAccess(), null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(hostile.IsCompleted);
        gate.Set();
        var other = await hostile;
        Assert.Equal(mine.Image.LayerDirectories[1], other.Image.LayerDirectories[0]);
        store.AssertClean();
    }

    [Fact]
    public async Task A_layer_that_an_image_has_twice_comes_once()
    {
        var same = new TarBuilder().File("same", "s");
        _registry.Image = new ImageBuilder().Layer(same).Layer(new TarBuilder().File("other", "o")).Layer(same).Oci();
        var pulled = await PullAsync();
        Assert.Equal(2, pulled.Image.LayerDirectories.Distinct().Count());
        Assert.Equal(4, _registry.Asked.Count);
        _store.AssertClean();
    }

    [Fact]
    public async Task Mirrors_are_asked_first_and_the_registry_when_none_of_them_has_it()
    {
        using var mirror = new FakeRegistry(new ImageBuilder().Layer(new TarBuilder().File("m", "mirror")).Oci());
        var hosts = Directory.CreateDirectory(Path.Combine(_temporary.Path, "hosts", $"127.0.0.1_{_registry.Port}_"));
        File.WriteAllText(Path.Combine(hosts.FullName, "hosts.toml"), $"""
            server = "http://127.0.0.1:{_registry.Port}"

            [host."http://127.0.0.1:{mirror.Port}"]
              capabilities = ["pull", "resolve"]
              [host."http://127.0.0.1:{mirror.Port}".header]
                X-Mirror = "yes"
            """);
        var access = new RegistryAccess { HostsDirectory = Path.Combine(_temporary.Path, "hosts") };
        var pulled = await _store.PullAsync(_registry.Name, access, null, CancellationToken.None);
        Assert.Equal("mirror", File.ReadAllText(Path.Combine(pulled.Image.LayerDirectories[0], "m")));
        Assert.Empty(_registry.Asked);
        Assert.All(mirror.Queries, q => Assert.Equal($"?ns=127.0.0.1%3A{_registry.Port}yes", q));

        mirror.Refuses = (404, 100);
        pulled = await _store.PullAsync(_registry.Name, access, null, CancellationToken.None);
        Assert.Equal(_registry.Image.ConfigDigest, pulled.Image.Id);
        _registry.Refuses = (404, 100);
        var e = await Assert.ThrowsAsync<ImageException>(() => _store.PullAsync($"{_registry.Name}:other", access, null, CancellationToken.None));
        Assert.Equal($"the registry 127.0.0.1:{_registry.Port} has no image {_registry.Name}:other; before that, the registry 127.0.0.1:{mirror.Port} has no image {_registry.Name}:other", e.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(404)]
    public async Task A_mirror_that_may_not_say_what_a_tag_means_gives_the_layers(int refuses)
    {
        using var mirror = new FakeRegistry(_registry.Image) { Refuses = (refuses, refuses == 0 ? 0 : 100) };
        var hosts = Directory.CreateDirectory(Path.Combine(_temporary.Path, "hosts", $"127.0.0.1_{_registry.Port}_"));
        File.WriteAllText(Path.Combine(hosts.FullName, "hosts.toml"), $"""
            server = "http://127.0.0.1:{_registry.Port}"

            [host."http://127.0.0.1:{mirror.Port}"]
              capabilities = ["pull"]
            """);
        var access = new RegistryAccess { HostsDirectory = Path.Combine(_temporary.Path, "hosts") };
        var pulled = await _store.PullAsync(_registry.Name, access, null, CancellationToken.None);
        Assert.Equal(_registry.Image.ConfigDigest, pulled.Image.Id);
        Assert.DoesNotContain(mirror.Asked, a => a.StartsWith("manifests/", StringComparison.Ordinal));
        Assert.Equal(refuses == 0 ? 2 : 0, mirror.Asked.Count);
        Assert.Equal(refuses == 0 ? 2 : 4, _registry.Asked.Count);
        _store.AssertClean();
    }

    private static ImageBuilder Image() => new ImageBuilder().Layer(new TarBuilder().File("a", "one")).Layer(new TarBuilder().File("b", "two"));

    // Pulls two images, of two registries, that give nothing before both were asked for what they have. Answers how often a layer was asked for, too.
    private async Task<(LoadedImage Mine, LoadedImage Other, Func<TarBuilder, int> Asked)> AtOnceAsync(TarBuilder[] mine, TarBuilder[] others)
    {
        using var other = new FakeRegistry(others.Aggregate(new ImageBuilder(), (i, l) => i.Layer(l)).Oci());
        _registry.Image = mine.Aggregate(new ImageBuilder(), (i, l) => i.Layer(l)).Oci();
        (_registry.Redirects, other.Redirects) = (true, true);
        var asked = () => _registry.Asked.Concat(other.Asked);
        byte[] Later(string path, byte[] content)
        {
            Assert.True(
                !path.StartsWith("blobs/", StringComparison.Ordinal)
                || SpinWait.SpinUntil(() => asked().Count(a => a.StartsWith("manifests/", StringComparison.Ordinal)) == 2, TimeSpan.FromSeconds(30)));
            return content;
        }

        (_registry.Spoils, other.Spoils) = (Later, Later);
        var both = await Task.WhenAll(PullAsync(), _store.PullAsync(other.Name, new RegistryAccess(), null, CancellationToken.None))
            .WaitAsync(TimeSpan.FromMinutes(1));
        return (both[0], both[1], l => asked().Count(a => a == $"blobs/{ImageBuilder.Digest(ImageBuilder.Gzip(l.Build()))}"));
    }

    private Task<LoadedImage> PullAsync(RegistryCredential? credential = null) =>
        _store.PullAsync($"{_registry.Name}:latest", new RegistryAccess { Credentials = (_, _, _) => new(credential is null ? [] : [credential]) }, null, CancellationToken.None);

    private async Task<ImageException> RefusedAsync(ImageError error, RegistryCredential? credential = null, string? name = null)
    {
        var e = await Assert.ThrowsAsync<ImageException>(() => _store.PullAsync(name ?? $"{_registry.Name}:latest", new RegistryAccess { Credentials = (_, _, _) => new(credential is null ? [] : [credential]) }, null, CancellationToken.None));
        Assert.True(error == e.Error, $"expected {error}, got {e.Error}: {e.Message}");
        _store.AssertClean();
        return e;
    }
}

using System.Text;
using Insula.Images.Tests.Support;
using Insula.Linux.Files;

namespace Insula.Images.Tests;

public sealed class ImageStoreTests : IDisposable
{
    private const string Name = "docker.io/library/app:latest";
    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageStore _store;

    public ImageStoreTests() => _store = Stores.Open(_temporary);

    public void Dispose()
    {
        _store.Dispose();
        _temporary.Dispose();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Oci_archives_load_plain_and_gzip(bool gzipLayers, bool gzipArchive)
    {
        var image = new ImageBuilder { Config = """{"Entrypoint":["/bin/app"],"Cmd":["-v"],"Env":["A=b"],"User":"app:staff","WorkingDir":"/srv","StopSignal":"SIGINT","Volumes":{"/data":{}},"ExposedPorts":{"80/tcp":{}},"Labels":{"k":"v"}}""" }
            .Layer(new TarBuilder().Directory("bin/").File("bin/app", "one"), gzipLayers)
            .Layer(new TarBuilder().Directory("bin/").File("bin/app", "two!"), gzipLayers)
            .Oci(Name);
        var archive = gzipArchive ? ImageBuilder.Gzip(image.Archive()) : image.Archive();
        var loaded = Assert.Single(await _store.LoadAsync(new MemoryStream(archive), null, null, CancellationToken.None));
        Assert.Equal([Name], loaded.References);
        Assert.False(loaded.AlreadyPresent);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(image.ConfigDigest, loaded.Image.Id);
        Assert.Equal(7, loaded.Image.Size);
        Assert.Equal(new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero), loaded.Image.Created);
        Assert.Equal(["two!", "one"], loaded.Image.LayerDirectories.Select(d => File.ReadAllText(Path.Combine(d, "bin/app"))));
        Assert.All(loaded.Image.LayerDirectories, d => Assert.Equal(_store.LayersDirectory, Path.GetDirectoryName(d)));
        var c = loaded.Image.Config;
        Assert.Equal("/bin/app|-v|A=b|app:staff|/srv|SIGINT|/data|80/tcp", $"{c.Entrypoint[0]}|{c.Cmd[0]}|{c.Env[0]}|{c.User}|{c.WorkingDir}|{c.StopSignal}|{c.Volumes[0]}|{c.ExposedPorts[0]}");
        Assert.Equal("v", c.Labels["k"]);
        _store.AssertClean();
    }

    [Fact]
    public void Layers_are_made_apart_from_each_other()
    {
        using var made = Directories.Open(Path.Combine(Path.GetDirectoryName(_store.LayersDirectory)!, "tmp"));
        using var other = Directories.Open(Directory.CreateDirectory(_temporary["other"]).FullName);
        Assert.Equal(Directories.Spread(other), Directories.IsSpread(made));
    }

    [Fact]
    public async Task Layouts_and_docker_archives_load_the_same_image()
    {
        ImageBuilder Image() => new ImageBuilder().Layer(new TarBuilder().File("f", "x"), gzip: false);
        Image().Oci(Name).WriteTo(_temporary["layout"]);
        var first = Assert.Single(await _store.LoadLayoutAsync(_temporary["layout"], null, null, CancellationToken.None));
        var second = await _store.LoadOneAsync(Image().Docker("other:1", "other:2"));
        Assert.Equal(first.Image.Id, second.Image.Id);
        Assert.True(second.AlreadyPresent);
        Assert.Equal([Name, "docker.io/library/other:1", "docker.io/library/other:2"], second.Image.References);
        Assert.Equal(first.Image.Digest, second.Image.Digest);
        Assert.Single(_store.List());
        _store.AssertClean();
    }

    [Fact]
    public async Task Docker_archives_may_say_the_same_layer_by_a_link()
    {
        var layer = new TarBuilder().File("f", "x").Build();
        var image = new ImageBuilder().Layer(layer, gzip: false).Layer(layer, gzip: false).Docker(Name);
        image.Files.Remove("1/layer.tar");
        var tar = new TarBuilder();
        foreach (var (path, content) in image.Files)
        {
            tar.File(path, content);
        }

        var loaded = Assert.Single(await _store.LoadAsync(new MemoryStream(tar.Link("1/layer.tar", "../0/layer.tar").Build()), null, null, CancellationToken.None));
        Assert.Equal(2, loaded.Image.LayerDirectories.Count);
        Assert.Single(loaded.Image.LayerDirectories.Distinct());
    }

    [Fact]
    public void The_places_of_mounts_are_there_and_stay_and_are_made_anew()
    {
        var directory = _store.EnsureMountPoints();
        Assert.Equal(_store.LayersDirectory, Path.GetDirectoryName(directory));
        string[] places = ["dev", "etc", "etc/hostname", "etc/hosts", "etc/resolv.conf", "proc", "sys"];
        Assert.Equal(places, Places());
        Assert.All(places.Where(p => p.StartsWith("etc/", StringComparison.Ordinal)), p => Assert.Equal(0, new FileInfo(Path.Combine(directory, p)).Length));
        Directory.Delete(directory, recursive: true);
        Assert.Equal(directory, _store.EnsureMountPoints());
        Assert.Equal(places, Places());
        Directory.Delete(Path.GetDirectoryName(_store.LayersDirectory)!, recursive: true);
        Assert.Equal(directory, _store.EnsureMountPoints());
        Assert.Equal(places, Places());
        File.Delete(Path.Combine(directory, "etc/hosts"));
        _store.Dispose();
        using var again = ImageStore.Open(new ImageOptions { Directory = Path.GetDirectoryName(_store.LayersDirectory)! });
        Assert.Equal(places, Places());
        again.AssertClean();

        IEnumerable<string> Places() =>
            Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(directory, p)).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_somebody_removed_whole_is_made_anew(bool movedAway)
    {
        var image = new ImageBuilder().Layer(new TarBuilder().File("f", "x"), gzip: false).Docker(Name);
        await _store.LoadOneAsync(image);
        var directory = Path.GetDirectoryName(_store.LayersDirectory)!;
        if (movedAway)
        {
            Directory.Move(directory, _temporary["away"]);
        }
        else
        {
            Directory.Delete(directory, recursive: true);
        }

        var loaded = await _store.LoadOneAsync(image);
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(Assert.Single(loaded.Image.LayerDirectories), "f")));
        _store.AssertClean();
        Directory.Delete(directory, recursive: true);
        Assert.True(await _store.RemoveAsync(Name, _ => false, CancellationToken.None));
        Assert.Empty(_store.List());
    }

    [Fact]
    public async Task Images_are_found_by_name_digest_and_id()
    {
        var loaded = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f")).Oci(Name));
        Assert.Same(loaded.Image, _store.Resolve("app"));
        Assert.Same(loaded.Image, _store.Resolve("docker.io/app:latest"));
        Assert.Same(loaded.Image, _store.Resolve("app@" + loaded.Image.Digest));
        Assert.Same(loaded.Image, _store.Resolve("app:whatever@" + loaded.Image.Digest));
        Assert.Same(loaded.Image, _store.Resolve(loaded.Image.Id));
        Assert.Null(_store.Resolve("app:2"));
        Assert.Null(_store.Resolve("app@" + loaded.Image.Id));
        Assert.Null(_store.Resolve(ImageBuilder.Digest([1])));
        Assert.Throws<ImageException>(() => _store.Resolve("App"));
    }

    [Fact]
    public async Task A_name_moves_to_the_image_loaded_last()
    {
        var first = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f", "1")).Oci(Name));
        var second = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f", "2")).Oci(), "app");
        Assert.Equal(second.Image.Id, _store.Resolve("app")!.Id);
        Assert.Empty(_store.Resolve(first.Image.Id)!.References);
        Assert.Equal(2, _store.List().Count);
    }

    [Fact]
    public async Task Layers_are_shared_and_outlive_all_but_their_last_image()
    {
        var shared = new TarBuilder().File("shared", "x");
        var a = await _store.LoadOneAsync(new ImageBuilder().Layer(shared).Layer(new TarBuilder().File("a")).Oci("a"));
        var b = await _store.LoadOneAsync(new ImageBuilder().Layer(shared).Oci("b"));
        Assert.Equal(a.Image.LayerDirectories[1], b.Image.LayerDirectories[0]);
        Assert.True(await _store.RemoveAsync("a", _ => false, CancellationToken.None));
        Assert.True(File.Exists(Path.Combine(b.Image.LayerDirectories[0], "shared")));
        _store.AssertClean();
        Assert.True(await _store.RemoveAsync(b.Image.Id, _ => false, CancellationToken.None));
        Assert.Empty(_store.List());
        _store.AssertClean();
        Assert.Empty(Directory.GetFiles(_temporary["images/blobs/sha256"]));
        Assert.False(await _store.RemoveAsync("b", _ => false, CancellationToken.None));
    }

    [Fact]
    public async Task A_layer_with_implied_directories_is_not_shared_across_bases()
    {
        var top = new TarBuilder().File("d/f", "x");
        var a = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().Directory("d/", 0x1C0)).Layer(top).Oci("a"));
        var b = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().Directory("d/", 0x1C9)).Layer(top).Oci("b"));
        Assert.NotEqual(a.Image.LayerDirectories[0], b.Image.LayerDirectories[0]);
        Assert.Equal((UnixFileMode)0x1C9, File.GetUnixFileMode(Path.Combine(b.Image.LayerDirectories[0], "d")));
    }

    [Fact]
    public async Task Removing_one_of_two_names_keeps_the_image_and_one_in_use_is_refused()
    {
        await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f")).Docker("a", "b"));
        Assert.True(await _store.RemoveAsync("a", _ => throw new InvalidOperationException("must not be asked"), CancellationToken.None));
        var e = await Assert.ThrowsAsync<ImageException>(() => _store.RemoveAsync("b", _ => true, CancellationToken.None));
        Assert.Equal(ImageError.InUse, e.Error);
        Assert.Equal(["docker.io/library/b:latest"], Assert.Single(_store.List()).References);
        _store.AssertClean();
    }

    [Fact]
    public async Task A_reopened_store_knows_its_images_and_sweeps_what_a_crash_left()
    {
        var loaded = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f", "x")).Oci(Name));
        _store.Dispose();
        Directory.CreateDirectory(_temporary["images/tmp/7/half"]);
        Directory.CreateDirectory(_temporary["images/layers/99/orphan"]);
        File.WriteAllText(_temporary["images/blobs/sha256/.x.new"], "");
        using var again = Stores.Open(_temporary);
        Assert.Empty(again.Problems);
        var image = Assert.Single(again.List());
        Assert.Equivalent(loaded.Image, image, strict: true);
        again.AssertClean();
        Assert.Equal(2, Directory.GetFiles(_temporary["images/blobs/sha256"]).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_temporary["images"]));
    }

    [Fact]
    public async Task An_image_that_lost_a_layer_is_dropped_and_said()
    {
        var loaded = await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("f", "x")).Oci(Name));
        await _store.LoadOneAsync(new ImageBuilder().Layer(new TarBuilder().File("g", "y")).Oci("kept"));
        _store.Dispose();
        Directory.Delete(loaded.Image.LayerDirectories[0], recursive: true);
        using var again = Stores.Open(_temporary);
        Assert.Contains(Name, Assert.Single(again.Problems), StringComparison.Ordinal);
        Assert.NotNull(again.Resolve("kept"));
        Assert.Null(again.Resolve("app"));
        again.AssertClean();
    }

    [Fact]
    public async Task A_layer_that_was_removed_by_hand_comes_back_with_the_next_load()
    {
        var app = new ImageBuilder().Layer(new TarBuilder().File("f", "x")).Oci(Name);
        var layer = (await _store.LoadOneAsync(app)).Image.LayerDirectories[0];
        Directory.Delete(layer, recursive: true);
        Assert.True(File.Exists(Path.Combine((await _store.LoadOneAsync(app)).Image.LayerDirectories[0], "f")));
        Assert.Single(_store.List());
    }

    [Fact]
    public void A_damaged_index_is_refused_with_the_way_out()
    {
        _store.Dispose();
        File.WriteAllText(_temporary["images/index.json"], "{\"version\":1");
        var e = Assert.Throws<ImageException>(() => Stores.Open(_temporary));
        Assert.Equal(ImageError.Storage, e.Error);
        Assert.Contains("index.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_that_is_cancelled_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        var image = new ImageBuilder().Layer(new TarBuilder().File("f", "x")).Layer(new TarBuilder().File("g", "y")).Oci(Name);
        var progress = new Step(p =>
        {
            if (p.Step == LoadStep.Unpacking)
            {
                source.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.LoadAsync(new MemoryStream(image.Archive()), null, progress, source.Token));
        Assert.Empty(_store.List());
        _store.AssertClean();
    }

    [Fact]
    public async Task Loads_and_removals_at_once_keep_the_store_whole()
    {
        var archives = Enumerable.Range(0, 4)
            .Select(i => new ImageBuilder().Layer(new TarBuilder().File("shared", "x")).Layer(new TarBuilder().File("own", $"{i}")).Oci($"app:{i}").Archive()).ToList();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            await _store.LoadAsync(new MemoryStream(archives[i % 4]), null, null, CancellationToken.None);
            await _store.RemoveAsync($"app:{i % 4}", _ => false, CancellationToken.None);
        }));
        _store.AssertClean();
        Assert.All(_store.List().SelectMany(i => i.LayerDirectories), d => Assert.True(Directory.Exists(d)));
    }

    [Fact]
    public async Task Progress_names_every_step()
    {
        var steps = new List<LoadStep>();
        var image = new ImageBuilder().Layer(new TarBuilder().File("f", "x")).Oci(Name).Archive();
        await _store.LoadAsync(new MemoryStream(image), null, new Step(p => steps.Add(p.Step)), CancellationToken.None);
        Assert.Equal([LoadStep.Receiving, LoadStep.Unpacking, LoadStep.Recording], steps.Distinct());
        steps.Clear();
        await _store.LoadAsync(new MemoryStream(image), null, new Step(p => steps.Add(p.Step)), CancellationToken.None);
        Assert.Equal([LoadStep.Receiving, LoadStep.Present, LoadStep.Recording], steps.Distinct());
    }

    private sealed class Step(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}

using Insula.Images.Layers;
using Insula.Images.Tests.Support;
using Insula.Linux.Files;

namespace Insula.Images.Tests.Layers;

public sealed class LayerUnpackerTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Files_keep_content_mode_and_time()
    {
        var content = Unpack(new TarBuilder()
            .Directory("usr/", 0x16D, mtime: 5).Directory("usr/bin/", 0x1ED, mtime: 6)
            .Pax("mtime", "7.000000123").File("usr/bin/su", "setuid", 0x9ED).Link("bin", "usr/bin").HardLink("usr/bin/sudo", "usr/bin/su"));
        Assert.Equal("setuid", File.ReadAllText(At("usr/bin/su")));
        var su = Status("usr/bin", "su");
        Assert.Equal(0x9EDu, su.Permissions);
        Assert.True(su.IsSameFile(Status("usr/bin", "sudo")));
        Assert.Equal(0x16Du, Status(".", "usr").Permissions);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(7).AddTicks(1), File.GetLastWriteTimeUtc(At("usr/bin/su")));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(5), Directory.GetLastWriteTimeUtc(At("usr")));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(6), Directory.GetLastWriteTimeUtc(At("usr/bin")));
        Assert.Equal("usr/bin", new FileInfo(At("bin")).LinkTarget);
        Assert.Equal((6L, 5L, true), (content.Size, content.Entries, content.SelfContained));
    }

    [Fact]
    public void An_unlisted_root_is_readable() => Assert.Equal(0x1EDu, StatusAfter(new TarBuilder().File("f")).Permissions);

    [Fact]
    public void A_listed_root_has_its_mode() => Assert.Equal(0x1C9u, StatusAfter(new TarBuilder().Directory("./", 0x1C9)).Permissions);

    [Fact]
    public void Whiteouts_become_devices_and_opaque_directories_an_attribute()
    {
        Unpack(new TarBuilder()
            .Directory("etc/").File("etc/.wh.passwd")
            .Directory("home/").File("home/mine").File("home/.wh..wh..opq").File("home/later"));
        Assert.True(Status("etc", "passwd").IsWhiteout);
        Assert.False(File.Exists(At("etc/.wh.passwd")));
        Assert.True(IsOpaque("home"));
        Assert.True(File.Exists(At("home/mine")) && File.Exists(At("home/later")));
        Assert.False(IsOpaque("etc"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_whiteout_hides_only_lower_layers(bool whiteoutFirst)
    {
        var tar = new TarBuilder();
        void Marks() => tar.File(".wh.file").File(".wh.dir");
        if (whiteoutFirst)
        {
            Marks();
        }

        tar.File("file", "new").Directory("dir/").File("dir/inside");
        if (!whiteoutFirst)
        {
            Marks();
        }

        Unpack(tar);
        Assert.Equal("new", File.ReadAllText(At("file")));
        Assert.True(File.Exists(At("dir/inside")));
        Assert.True(IsOpaque("dir"));
    }

    [Fact]
    public void A_whiteout_before_an_implied_directory_makes_it_opaque()
    {
        Unpack(new TarBuilder().File(".wh.dir").File("dir/inside"));
        Assert.True(IsOpaque("dir"));
    }

    [Fact]
    public void An_opaque_root_hides_all_below() => Assert.True(Unpack(new TarBuilder().File(".wh..wh..opq").File("f")).HidesAll);

    [Fact]
    public void Bookkeeping_of_aufs_is_left_out_and_said()
    {
        var content = Unpack(new TarBuilder().Directory(".wh..wh.plnk/").File(".wh..wh.plnk/1").File(".wh..wh.aufs"));
        Assert.Contains("AUFS", Assert.Single(content.Warnings), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(At(".")));
    }

    [Fact]
    public void Later_entries_replace_earlier_ones()
    {
        Unpack(new TarBuilder()
            .File("a", "first").File("a", "second")
            .Directory("b/").File("b/x").File("b", "now a file")
            .File("c").Directory("c/").File("c/y")
            .Directory("d/", 0x1C0).File("d/kept").Directory("d/", 0x1ED)
            .Link("e", "/etc").Directory("e/").File("e/z")
            .File("f").HardLink("f", "f"));
        Assert.Equal("second", File.ReadAllText(At("a")));
        Assert.Equal("now a file", File.ReadAllText(At("b")));
        Assert.True(File.Exists(At("c/y")) && File.Exists(At("d/kept")) && File.Exists(At("e/z")) && File.Exists(At("f")));
        Assert.Equal(0x1EDu, Status(".", "d").Permissions);
        Assert.Null(new FileInfo(At("e")).LinkTarget);
    }

    [Fact]
    public void Absolute_names_count_from_the_layer()
    {
        Unpack(new TarBuilder().Directory("/tmp/").File("/tmp//./inside"));
        Assert.True(File.Exists(At("tmp/inside")));
    }

    [Theory]
    [InlineData("/outside")]
    [InlineData("../../outside")]
    [InlineData("usr/../../../outside")]
    public void Links_lead_inside_the_layer_however_they_are_written(string target)
    {
        Unpack(new TarBuilder().Directory("outside/").Directory("usr/").Link("link", target).File("link/file", "inside"));
        Assert.Equal("inside", File.ReadAllText(At("outside/file")));
        Assert.Equal([At(".")[..^2]], Directory.GetFileSystemEntries(_temporary.Path));
    }

    [Fact]
    public void Entries_through_a_link_to_the_host_stay_inside()
    {
        var victim = _temporary["victim"];
        Directory.CreateDirectory(victim);
        File.WriteAllText(Path.Combine(victim, "file"), "safe");

        // The link's target does not exist in the layer, so there is no directory to write to.
        Refuses(ImageError.InvalidImage, new TarBuilder().Link("escape", victim).File("escape/file", "overwritten"));
        Assert.Equal("safe", File.ReadAllText(Path.Combine(victim, "file")));
    }

    [Fact]
    public void A_file_over_a_link_replaces_the_link()
    {
        var victim = _temporary["victim"];
        File.WriteAllText(victim, "safe");
        Unpack(new TarBuilder().Link("f", victim).File("f", "mine"));
        Assert.Equal("safe", File.ReadAllText(victim));
        Assert.Equal("mine", File.ReadAllText(At("f")));
    }

    [Fact]
    public void Hard_links_cannot_reach_out()
    {
        var victim = _temporary["victim"];
        File.WriteAllText(victim, "safe");
        Refuses(ImageError.InvalidImage, new TarBuilder().HardLink("h", victim));
        Refuses(ImageError.InvalidImage, new TarBuilder().HardLink("h", "../victim"));

        // Of a link the link itself is linked.
        Unpack(new TarBuilder().Link("l", victim).HardLink("h", "l").File("h", "mine"));
        Assert.Equal("safe", File.ReadAllText(victim));
    }

    public static TheoryData<string, TarBuilder, ImageError> Hostile => new()
    {
        { "..", new TarBuilder().File("../escape"), ImageError.InvalidImage },
        { ".. inside", new TarBuilder().File("a/../../escape"), ImageError.InvalidImage },
        { "whiteout of ..", new TarBuilder().File(".wh..."), ImageError.InvalidImage },
        { "whiteout of .", new TarBuilder().File("a/.wh.."), ImageError.InvalidImage },
        { "whiteout of nothing", new TarBuilder().File("a/.wh."), ImageError.InvalidImage },
        { "inside a whiteout", new TarBuilder().File(".wh.a/b"), ImageError.InvalidImage },
        { "whiteout with ..", new TarBuilder().File("../.wh.a"), ImageError.InvalidImage },
        { "file as directory", new TarBuilder().File("a").File("a/b"), ImageError.InvalidImage },
        { "link loop", new TarBuilder().Link("a", "b").Link("b", "a").File("a/c"), ImageError.InvalidImage },
        { "dangling parent", new TarBuilder().Link("a", "nowhere").File("a/c"), ImageError.InvalidImage },
        { "hard link to nothing", new TarBuilder().HardLink("a", "b"), ImageError.InvalidImage },
        { "hard link to a directory", new TarBuilder().Directory("b/").HardLink("a", "b"), ImageError.InvalidImage },
        { "hard link to a whiteout", new TarBuilder().File(".wh.b").HardLink("a", "b"), ImageError.InvalidImage },
        { "hard link to the root", new TarBuilder().HardLink("a", "/"), ImageError.InvalidImage },
        { "root as a file", new TarBuilder().File("./"[..1]), ImageError.InvalidImage },
        { "empty link", new TarBuilder().Link("a", ""), ImageError.InvalidImage },
        { "whiteout device", new TarBuilder().Device('3', "a", 0, 0), ImageError.InvalidImage },
        { "overlay attribute", new TarBuilder().Pax("SCHILY.xattr.trusted.overlay.redirect", "/etc").Directory("a/"), ImageError.InvalidImage },
        { "user overlay attribute", new TarBuilder().Pax("SCHILY.xattr.user.overlay.redirect", "/etc").File("a"), ImageError.InvalidImage },
        { "deep", new TarBuilder().Pax("path", string.Join('/', Enumerable.Repeat("d", 200))).File("x"), ImageError.TooLarge },
        { "long component", new TarBuilder().Pax("path", new string('n', 256)).File("x"), ImageError.TooLarge },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_layers_are_refused(string what, TarBuilder tar, ImageError error)
    {
        var message = Refuses(error, tar).Message;
        Assert.False(string.IsNullOrEmpty(message), what);
        Assert.Equal([At(".")[..^2]], Directory.GetFileSystemEntries(_temporary.Path));
    }

    [Fact]
    public void Implied_directories_look_like_those_below()
    {
        Unpack(new TarBuilder().Directory("home/", 0x1C9).Directory("home/app/", 0x1E8), "below");
        Unpack(new TarBuilder().Directory("home/", 0x1C1), "above");
        var content = Unpack(new TarBuilder().File("home/app/new/file"), "top", "above", "below");
        Assert.False(content.SelfContained);
        using var root = Directories.Open(_temporary["top"]);
        using var home = Directories.OpenChild(root, "home");
        using var app = Directories.OpenChild(home, "app");
        Assert.Equal(0x1C1u, Entries.Status(home).Permissions);
        Assert.Equal(0x1E8u, Entries.Status(app).Permissions);
        Assert.Equal(0x1EDu, Entries.Status(app, "new")!.Value.Permissions);
    }

    [Fact]
    public void Foreign_attributes_are_left_out_and_said_and_user_attributes_kept()
    {
        var content = Unpack(new TarBuilder()
            .Pax(("SCHILY.xattr.security.selinux", "label\0"u8.ToArray()), ("SCHILY.xattr.user.mime", "text"u8.ToArray()), ("SCHILY.xattr.user.long", new byte[1000])).File("f", mode: 0x100)
            .Device('4', "disk", 8, 0).Fifo("pipe"));
        Assert.Contains(content.Warnings, w => w.Contains("security.selinux", StringComparison.Ordinal));
        Assert.Contains(content.Warnings, w => w.Contains("disk", StringComparison.Ordinal));
        using var root = Directories.Open(At("."));
        using var f = Insula.Linux.Descriptor.OpenAt(root, "f", 0);
        Assert.Equal("text"u8.ToArray(), Entries.GetAttribute(f, "user.mime"));
        Assert.Equal(new byte[1000], Entries.GetAttribute(f, "user.long"));
        Assert.Null(Entries.GetAttribute(f, "user.none"));
    }

    private string At(string path, string layer = "layer") => Path.Combine(_temporary[layer], path);

    private LayerContent Unpack(TarBuilder tar, string layer = "layer", params string[] below)
    {
        Directory.CreateDirectory(_temporary[layer]);
        using var root = Directories.Open(_temporary[layer]);
        using var tree = new MergedTree(below.Select(b => _temporary[b]).ToList());
        using var unpacker = new LayerUnpacker(new MemoryStream(tar.Build()), root, ImageLimits.Default, LayerOwnership.CurrentUser);
        var content = unpacker.Unpack(CancellationToken.None);
        unpacker.Finish(tree);
        return content;
    }

    private ImageException Refuses(ImageError error, TarBuilder tar)
    {
        var e = Assert.Throws<ImageException>(() => Unpack(tar));
        Assert.True(error == e.Error, $"{e.Error}: {e.Message}");
        return e;
    }

    private FileStatus Status(string directory, string name)
    {
        using var parent = Directories.Open(At(directory));
        return Entries.Status(parent, name) ?? throw new FileNotFoundException(name);
    }

    private FileStatus StatusAfter(TarBuilder tar)
    {
        Unpack(tar);
        using var root = Directories.Open(At("."));
        return Entries.Status(root);
    }

    private bool IsOpaque(string directory)
    {
        using var opened = Directories.Open(At(directory));
        return LayerAttributes.IsOpaque(opened);
    }
}

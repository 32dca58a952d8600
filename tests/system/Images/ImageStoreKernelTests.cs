using Insula.Images;
using Insula.Images.Tests.Support;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Images;

/// <summary>What of images only root can do: owners, capabilities, devices, and the kernel's own view of the layers.</summary>
public sealed class ImageStoreKernelTests : IDisposable
{
    private static readonly byte[] s_capability = [1, 0, 0, 2, 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0xFE, 0, 0, 0, 0];
    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageStore _store;

    public ImageStoreKernelTests() => _store = ImageStore.Open(new ImageOptions { Directory = _temporary["images"] });

    public void Dispose()
    {
        _store.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Owners_modes_capabilities_and_devices_are_kept()
    {
        var image = await LoadAsync(new TarBuilder()
            .Directory("home/", 0x1C0, uid: 1000, gid: 1001)
            .File("home/su", "x", 0xDED, uid: 1002, gid: 1003)
            .Pax(("SCHILY.xattr.security.capability", s_capability)).File("ping", "x", 0x1ED, uid: 5)
            .Entry('2', "link", "ping", uid: 1004, gid: 1005)
            .Entry('3', "null", major: 1, minor: 3, mode: 0x1B6, uid: 1006)
            .Entry('4', "disk", major: 259, minor: 70_000, mode: 0x1B0)
            .Fifo("pipe"));
        using var root = Directories.Open(image.LayerDirectories[0]);
        using var home = Directories.OpenChild(root, "home");
        Assert.Equal((1000u, 1001u, 0x1C0u), Owner(Entries.Status(home)));
        Assert.Equal((1002u, 1003u, 0xDEDu), Owner(Entries.Status(home, "su")!.Value));
        Assert.Equal((1004u, 1005u), (Entries.Status(root, "link")!.Value.Uid, Entries.Status(root, "link")!.Value.Gid));
        using var ping = Descriptor.OpenAt(root, "ping", fcntl.O_RDONLY);
        Assert.Equal(s_capability[..4], Entries.GetAttribute(ping, "security.capability")![..4]);
        var nil = Entries.Status(root, "null")!.Value;
        Assert.Equal((sys_stat.S_IFCHR, 1u, 3u, 1006u, 0x1B6u), (nil.Type, nil.NodeMajor, nil.NodeMinor, nil.Uid, nil.Permissions));
        var disk = Entries.Status(root, "disk")!.Value;
        Assert.Equal((sys_stat.S_IFBLK, 259u, 70_000u), (disk.Type, disk.NodeMajor, disk.NodeMinor));
        Assert.Equal(sys_stat.S_IFIFO, Entries.Status(root, "pipe")!.Value.Type);
    }

    [Fact]
    public async Task Overlayfs_shows_whiteouts_and_opaque_directories_as_the_layers_say()
    {
        var image = await LoadAsync(
            new TarBuilder().Directory("etc/").File("etc/gone").File("etc/kept").Directory("home/").File("home/below")
                .Directory("var/").File("var/below").Directory("opt/", 0x1C9, uid: 7).File("opt/below"),
            new TarBuilder().Directory("etc/").File("etc/.wh.gone").Directory("home/").File("home/.wh..wh..opq").File("home/above")
                .File(".wh.var").File("opt/implied"),
            new TarBuilder().Directory("var/").File("var/above"));
        var target = Directory.CreateDirectory(_temporary["merged"]).FullName;
        var result = await Commands.RunAsync("unshare", [
            "--mount", "sh", "-ec",
            "mount -t overlay overlay -o \"lowerdir=$1\" \"$2\"; cd \"$2\"; find . -mindepth 1 | sort; stat -c '%u %a' opt",
            "sh", string.Join(':', image.LayerDirectories), target,
        ]);
        Assert.Equal(
    ["./etc", "./etc/kept", "./home", "./home/above", "./opt", "./opt/below", "./opt/implied", "./var", "./var/above", "7 711"],
    result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task No_other_user_of_the_machine_reaches_a_set_user_id_program_of_an_image()
    {
        var image = await LoadAsync(new TarBuilder().File("su", "x", 0x9ED));
        var su = Path.Combine(image.LayerDirectories[0], "su");
        Assert.True((File.GetUnixFileMode(su) & UnixFileMode.SetUser) != 0);
        var result = await Commands.RunAsync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "stat", su]);
        Assert.Contains("denied", result.Failed(), StringComparison.Ordinal);
        foreach (var directory in new[] { "images", "images/layers", "images/tmp", "images/blobs", "images/blobs/sha256" })
        {
            Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(_temporary[directory]));
        }
    }

    [Fact]
    public async Task Root_unpacks_nothing_outside_the_layer()
    {
        var victim = Directory.CreateDirectory(_temporary["victim"]).FullName;
        File.WriteAllText(Path.Combine(victim, "file"), "safe");
        var up = string.Concat(Enumerable.Repeat("../", 12));
        foreach (var tar in new[]
        {
            new TarBuilder().File(up + victim[1..] + "/file", "bad"),
            new TarBuilder().Link("out", victim).File("out/file", "bad"),
            new TarBuilder().Link("out", up + victim[1..]).File("out/file", "bad"),
            new TarBuilder().Link("out", victim).File("out/.wh.file"),
            new TarBuilder().HardLink("h", victim + "/file").File("h", "bad"),
            new TarBuilder().Link("p", "/proc/self/root").File("p" + victim + "/file", "bad"),
            new TarBuilder().Link("p", "/proc/self/fd").File("p/0", "bad"),
        })
        {
            await Assert.ThrowsAsync<ImageException>(() => LoadAsync(tar));
            Assert.Equal("safe", File.ReadAllText(Path.Combine(victim, "file")));
            Assert.Single(Directory.GetFileSystemEntries(victim));
        }

        // Directories of these names are the layer's own.
        await LoadAsync(new TarBuilder().File(victim + "/file", "inside"));
        Assert.Equal("safe", File.ReadAllText(Path.Combine(victim, "file")));
        _store.AssertClean();
    }

    [Theory]
    [InlineData("busybox")]
    [InlineData("whiteouts")]
    [InlineData("hostile-config")]
    [InlineData("hostile-devices")]
    [InlineData("hostile-fifo")]
    [InlineData("hostile-links")]
    [InlineData("hostile-passwd")]
    [InlineData("hostile-proc")]
    [InlineData("hostile-users")]
    public async Task The_recipes_load(string name)
    {
        var loaded = Assert.Single(await _store.LoadLayoutAsync(Repository.Image(name), null, null, CancellationToken.None));
        Assert.Equal([$"docker.io/library/{name}:latest"], loaded.References);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(loaded.Image, _store.Resolve(name));
    }

    [Fact]
    public async Task Hostile_user_databases_name_nobody_root()
    {
        async Task<Image> Load(string name) =>
            Assert.Single(await _store.LoadLayoutAsync(Repository.Image(name), null, null, CancellationToken.None)).Image;

        var users = await Load("hostile-users");
        foreach (var user in new[] { users.Config.User, "99999999999999999999", "-1", "+0", "broken", "signed", "short", "wide", "0:4294967296", "0:broken" })
        {
            Assert.Equal(ImageError.InvalidUser, Assert.Throws<ImageException>(() => ImageUsers.Resolve(users, user)).Error);
        }

        Assert.Equal("/", ImageUsers.Resolve(users, "escape").Home);
        Assert.Equal([2000u], ImageUsers.Resolve(users, "plain").Groups);
        var large = await Load("hostile-passwd");
        Assert.Equal(ImageError.TooLarge, Assert.Throws<ImageException>(() => ImageUsers.Resolve(large, large.Config.User)).Error);
        var fifo = await Load("hostile-fifo");
        Assert.Equal(ImageError.InvalidImage, Assert.Throws<ImageException>(() => ImageUsers.Resolve(fifo, fifo.Config.User)).Error);
        var links = await Load("hostile-links");

        // Inside the image its /etc leads to itself; the machine's has a daemon.
        Assert.Equal(ImageError.InvalidImage, Assert.Throws<ImageException>(() => ImageUsers.Resolve(links, "daemon")).Error);
    }

    private async Task<Image> LoadAsync(params TarBuilder[] layers) =>
        (await _store.LoadOneAsync(layers.Aggregate(new ImageBuilder(), (i, l) => i.Layer(l)).Oci())).Image;

    private static (uint Uid, uint Gid, uint Mode) Owner(FileStatus status) => (status.Uid, status.Gid, status.Permissions);
}

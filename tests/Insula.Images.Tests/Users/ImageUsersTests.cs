using Insula.Images.Tests.Support;
using Insula.Images.Users;

namespace Insula.Images.Tests.Users;

public sealed class ImageUsersTests : IDisposable
{
    private const string Passwd = """
        root:x:0:0:root:/root:/bin/sh
        # comment:x:5:5::/:/bin/sh
        app:x:1000:1001:app:/home/app:/bin/sh
        4294967296:x:0:0::/:/bin/sh
        99999999999:x:0:0::/:/bin/sh
        00:x:7:7::/:/bin/sh
        1000x:x:77:78::/:/bin/sh
        broken:x:abc:0::/:/bin/sh
        negative:x:-1:0::/:/bin/sh
        short:x:0
        nochange:x:4294967295:0::/:/bin/sh
        relative:x:1002:1002::home:/bin/sh
        escape:x:1003:1003::/homeESC[2J:/bin/sh
        max:x:4294967294:4294967294::/:/bin/sh

        """;

    private const string Group = """
        root:x:0:
        staff:x:200:app,other
        app:x:1001:app
        wheel:x:10:other,app
        again:x:200:app
        broken:x:x:app
        4294967296:x:0:

        """;

    private readonly TemporaryDirectory _temporary = new();
    private readonly ImageStore _store;
    private readonly Image _image;

    public ImageUsersTests()
    {
        _store = Stores.Open(_temporary);
        _image = Load(new TarBuilder().Directory("etc/").File("etc/passwd", Passwd.Replace("ESC", "\u001b", StringComparison.Ordinal)).File("etc/group", Group));
    }

    public void Dispose()
    {
        _store.Dispose();
        _temporary.Dispose();
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("0", 0, 0)]
    [InlineData("root", 0, 0)]
    [InlineData("app", 1000, 1001)]
    [InlineData("1000", 1000, 1001)]
    [InlineData("app:0", 1000, 0)]
    [InlineData("app:staff", 1000, 200)]
    [InlineData("4242", 4242, 0)]
    [InlineData("4242:4343", 4242, 4343)]
    [InlineData("4242:staff", 4242, 200)]
    [InlineData(":staff", 0, 200)]
    [InlineData("00", 0, 0)]
    [InlineData("01000", 1000, 1001)]
    [InlineData("000000000000000000001000", 1000, 1001)]
    [InlineData("1000x", 77, 78)]
    [InlineData("4294967294", 4294967294, 4294967294)]
    public void Users_are_found(string text, uint uid, uint gid)
    {
        var user = ImageUsers.Resolve(_image, text);
        Assert.Equal((uid, gid), (user.Uid, user.Gid));
    }

    [Theory]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData("99999999999")]
    [InlineData("18446744073709551616")]
    [InlineData("000004294967296")]
    [InlineData("-1")]
    [InlineData("+0")]
    [InlineData("+1000")]
    [InlineData("0:4294967296")]
    [InlineData("0:-1")]
    [InlineData("0:4294967295")]
    [InlineData("nobody")]
    [InlineData("0:nobody")]
    [InlineData("broken")]
    [InlineData("negative")]
    [InlineData("short")]
    [InlineData("nochange")]
    [InlineData("0:broken")]
    [InlineData("# comment")]
    [InlineData("app:")]
    [InlineData("app:staff:x")]
    [InlineData("app ")]
    [InlineData(" app")]
    [InlineData("app\n")]
    [InlineData("../root")]
    [InlineData("٠")]
    public void Bad_users_are_refused(string text)
    {
        var e = Assert.Throws<ImageException>(() => ImageUsers.Resolve(_image, text));
        Assert.Equal(ImageError.InvalidUser, e.Error);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void A_table_of_user_strings()
    {
        Assert.True(UserStrings.All.Count >= 200, $"{UserStrings.All.Count} strings");
        Assert.Equal(UserStrings.All.Count, UserStrings.All.Select(row => row.Text).Distinct().Count());
        var image = Load(new TarBuilder().Directory("etc/").File("etc/passwd", UserStrings.Passwd).File("etc/group", UserStrings.Group));
        foreach (var (text, uid, gid) in UserStrings.All)
        {
            (uint?, uint?) found = (null, null);
            try
            {
                var user = ImageUsers.Resolve(image, text);
                found = (user.Uid, user.Gid);
            }
            catch (ImageException e)
            {
                Assert.Equal(ImageError.InvalidUser, e.Error);
                Assert.DoesNotContain(e.Message, char.IsControl);
            }

            Assert.True((uid, gid) == found, $"'{Printable.Quote(text)}' is {found}, not {(uid, gid)}");
        }
    }

    [Fact]
    public void Groups_are_those_that_list_the_user_without_the_primary()
    {
        Assert.Equal([10u, 200u], ImageUsers.Resolve(_image, "app").Groups);
        Assert.Equal([10u, 1001u], ImageUsers.Resolve(_image, "app:staff").Groups);
        Assert.Equal([10u, 200u], ImageUsers.Resolve(_image, 1000, null).Groups);
        Assert.Equal([10u, 200u, 1001u], ImageUsers.Resolve(_image, 1000, 5).Groups);
        Assert.Empty(ImageUsers.Resolve(_image, "4242").Groups);
        Assert.Equal(new ImageUser(4242, 5, [], null, "/"), ImageUsers.Resolve(_image, 4242, 5) with { Groups = [] });
    }

    [Fact]
    public void Homes_are_absolute_and_printable()
    {
        Assert.Equal("/home/app", ImageUsers.Resolve(_image, "app").Home);
        Assert.Equal("/", ImageUsers.Resolve(_image, "relative").Home);
        Assert.Equal("/", ImageUsers.Resolve(_image, "escape").Home);
        Assert.Equal("/", ImageUsers.Resolve(_image, 4242, null).Home);
    }

    [Fact]
    public void Upper_layers_whiteouts_and_opaque_directories_are_respected()
    {
        var below = new TarBuilder().Directory("etc/").File("etc/passwd", "app:x:1:1::/:/\n");
        Assert.Equal(1u, ImageUsers.Resolve(Load(below, new TarBuilder().File("other")), "app").Uid);
        Assert.Equal(2u, ImageUsers.Resolve(Load(below, new TarBuilder().Directory("etc/").File("etc/passwd", "app:x:2:2::/:/\n")), "app").Uid);
        foreach (var hiding in new[]
        {
            new TarBuilder().Directory("etc/").File("etc/.wh.passwd"),
            new TarBuilder().File(".wh.etc"),
            new TarBuilder().Directory("etc/").File("etc/.wh..wh..opq"),
            new TarBuilder().File(".wh..wh..opq"),
            new TarBuilder().File("etc", "a file"),
        })
        {
            Assert.Equal(ImageError.InvalidUser, Assert.Throws<ImageException>(() => ImageUsers.Resolve(Load(below, hiding), "app")).Error);
        }

        // A third layer's directory does not bring back what the second removed.
        Assert.Throws<ImageException>(() => ImageUsers.Resolve(Load(below, new TarBuilder().File(".wh.etc"), new TarBuilder().Directory("etc/")), "app"));
    }

    [Theory]
    [InlineData("usr/etc")]
    [InlineData("/usr/etc")]
    [InlineData("../../../usr/etc")]
    [InlineData("usr/./x/../etc")]
    public void Links_are_followed_inside_the_image(string target)
    {
        var image = Load(
            new TarBuilder().Directory("usr/").Directory("usr/x/").Directory("usr/etc/").Link("usr/etc/passwd", "real").File("usr/etc/real", "app:x:3:3::/:/\n"),
            new TarBuilder().Link("etc", target));
        Assert.Equal(3u, ImageUsers.Resolve(image, "app").Uid);
    }

    [Fact]
    public void Links_to_the_host_find_nothing_and_loops_end()
    {
        var image = Load(new TarBuilder().Link("etc", "/proc/self/root/etc"));
        Assert.Equal(ImageError.InvalidUser, Assert.Throws<ImageException>(() => ImageUsers.Resolve(image, "daemon")).Error);
        image = Load(new TarBuilder().Link("etc", "etc"));
        Assert.Equal(ImageError.InvalidImage, Assert.Throws<ImageException>(() => ImageUsers.Resolve(image, "daemon")).Error);
    }

    [Fact]
    public void A_database_that_is_no_file_or_too_large_is_refused()
    {
        var fifo = Load(new TarBuilder().Directory("etc/").Fifo("etc/passwd"));
        Assert.Equal(ImageError.InvalidImage, Assert.Throws<ImageException>(() => ImageUsers.Resolve(fifo, 0, null)).Error);
        var directory = Load(new TarBuilder().Directory("etc/").Directory("etc/passwd/"));
        Assert.Equal(ImageError.InvalidImage, Assert.Throws<ImageException>(() => ImageUsers.Resolve(directory, "root")).Error);
        var large = Load(new TarBuilder().Directory("etc/").File("etc/passwd", Lines((4 << 20) + 1, 200 << 10)));
        Assert.Equal(ImageError.TooLarge, Assert.Throws<ImageException>(() => ImageUsers.Resolve(large, "root")).Error);
        var fits = Load(new TarBuilder().Directory("etc/").File("etc/passwd", Lines(4 << 20, 200 << 10)));
        Assert.Equal(0u, ImageUsers.Resolve(fits, "").Uid);
        var longLine = Load(new TarBuilder().Directory("etc/").File("etc/group", Lines(1 << 20, (256 << 10) + 1)));
        Assert.Contains("line 1", Assert.Throws<ImageException>(() => ImageUsers.Resolve(longLine, "0:staff")).Message, StringComparison.Ordinal);
        var many = Load(new TarBuilder().Directory("etc/").File("etc/passwd", string.Concat(Enumerable.Range(1, 65_537).Select(i => $"u:x:{i}:1::/:\n"))));
        Assert.Equal(ImageError.TooLarge, Assert.Throws<ImageException>(() => ImageUsers.Resolve(many, "u")).Error);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("-1", true)]
    [InlineData("+1", true)]
    [InlineData("99999999999999999999", true)]
    [InlineData("1a", false)]
    [InlineData("-a", false)]
    [InlineData("-", false)]
    [InlineData("", false)]
    public void Words_that_look_like_numbers_are_never_names(string word, bool numeric) =>
        Assert.Equal(numeric, NumericId.LooksNumeric(word));

    private static byte[] Lines(int bytes, int length)
    {
        var all = new byte[bytes];
        for (var end = length; end < bytes; end += length + 1)
        {
            all[end] = (byte)'\n';
        }

        return all;
    }

    private Image Load(params TarBuilder[] layers)
    {
        var image = layers.Aggregate(new ImageBuilder(), (i, l) => i.Layer(l));
        return Assert.Single(_store.LoadAsync(new MemoryStream(image.Oci().Archive()), null, null, CancellationToken.None).GetAwaiter().GetResult()).Image;
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Insula.Images.Tar;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Tar;

public sealed class TarReaderTests
{
    [Fact]
    public void Entries_come_with_their_content()
    {
        var reader = Read(new TarBuilder().Directory("d/", 0x1C0, 1, 2, 3).File("d/f", "hello", 0xDED).Link("l", "d/f").HardLink("h", "d/f").Device('3', "c", 1, 5).Fifo("p").Build());
        var d = reader.Next()!;
        Assert.Equal((TarEntryType.Directory, "d/", 0x1C0u, 1u, 2u, 3L), (d.Type, d.Name, d.Mode, d.Uid, d.Gid, d.ModifiedSeconds));
        var f = reader.Next()!;
        Assert.Equal((TarEntryType.File, 5L, 0xDEDu), (f.Type, f.Size, f.Mode));
        var buffer = new byte[10];
        Assert.Equal(5, reader.ReadContent(buffer));
        Assert.Equal("hello", Encoding.ASCII.GetString(buffer, 0, 5));
        Assert.Equal(0, reader.ReadContent(buffer));
        Assert.Equal((TarEntryType.SymbolicLink, "d/f"), (reader.Next()!.Type, "d/f"));
        Assert.Equal(TarEntryType.HardLink, reader.Next()!.Type);
        var c = reader.Next()!;
        Assert.Equal((TarEntryType.CharacterDevice, 1u, 5u), (c.Type, c.DeviceMajor, c.DeviceMinor));
        Assert.Equal(TarEntryType.Fifo, reader.Next()!.Type);
        Assert.Null(reader.Next());
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Unread_content_is_skipped_on_streams_that_cannot_seek()
    {
        var tar = new TarBuilder().File("a", new byte[100_000]).File("b", "x").Build();
        var reader = new TarReader(new ForwardOnly(tar), 10);
        Assert.Equal("a", reader.Next()!.Name);
        Assert.Equal("b", reader.Next()!.Name);
    }

    [Fact]
    public void Pax_records_override_and_carry_bytes()
    {
        var longName = string.Join('/', Enumerable.Repeat("directory", 40)) + "/ünï";
        byte[] capability = [1, 0, 0, 2, 0x80, 0xFF, 0, 0];
        var tar = new TarBuilder()
            .Pax(("path", Encoding.UTF8.GetBytes(longName)), ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.nl", "a\nb=c\n"u8.ToArray()), ("uid", "70000000"u8.ToArray()), ("mtime", "-1.25"u8.ToArray()))
            .File("short", "x").Build();
        var e = Read(tar).Next()!;
        Assert.Equal(longName, e.Name);
        Assert.Equal(70_000_000u, e.Uid);
        Assert.Equal((-2L, 750_000_000), (e.ModifiedSeconds, e.ModifiedNanoseconds));
        Assert.Equal(capability, e.Attributes["security.capability"]);
        Assert.Equal("a\nb=c\n"u8.ToArray(), e.Attributes["user.nl"]);
    }

    [Fact]
    public void Gnu_long_names_and_links_apply_to_one_entry()
    {
        var name = new string('n', 300);
        var link = new string('l', 300);
        var reader = Read(new TarBuilder()
            .Entry('L', "././@LongLink", content: Encoding.ASCII.GetBytes(name + "\0"))
            .Entry('K', "././@LongLink", content: Encoding.ASCII.GetBytes(link + "\0"))
            .Link("x", "y").File("next").Build());
        var e = reader.Next()!;
        Assert.Equal((name, link), (e.Name, e.LinkName));
        Assert.Equal("next", reader.Next()!.Name);
    }

    [Fact]
    public void Base_256_numbers_are_read()
    {
        var tar = new TarBuilder().Entry('0', "f", tamper: b =>
        {
            b.AsSpan(108, 8).Clear();
            (b[108], b[112], b[115]) = (0x80, 0x01, 0x02);
        }).Build();
        Assert.Equal(0x01000002u, Read(tar).Next()!.Uid);
    }

    [Fact]
    public void Old_directories_are_files_with_a_slash() =>
        Assert.Equal(TarEntryType.Directory, Read(new TarBuilder().Entry('\0', "old/").Build()).Next()!.Type);

    [Fact]
    public void Links_have_no_content_whatever_their_size_says()
    {
        var reader = Read(new TarBuilder().Entry('1', "h", "f", size: 4096).File("next").Build());
        Assert.Equal(0, reader.Next()!.Size);
        Assert.Equal("next", reader.Next()!.Name);
    }

    public static TheoryData<string, byte[], ImageError> Refused => new()
    {
        { "checksum", new TarBuilder().Entry('0', "f", tamperAfterChecksum: b => b[0] = (byte)'g').Build(), ImageError.InvalidImage },
        { "not a tar", Encoding.ASCII.GetBytes(new string('x', 2048)), ImageError.InvalidImage },
        { "inside a header", new TarBuilder().File("f").Build(end: false)[..300], ImageError.InvalidImage },
        { "inside a file", new TarBuilder().Entry('0', "f", size: 5000).Build(end: false), ImageError.InvalidImage },
        { "sparse", new TarBuilder().Entry('S', "f").Build(), ImageError.Unsupported },
        { "pax sparse", new TarBuilder().Pax("GNU.sparse.major", "1").File("f").Build(), ImageError.Unsupported },
        { "volume", new TarBuilder().Entry('M', "f").Build(), ImageError.Unsupported },
        { "unknown type", new TarBuilder().Entry('Z', "f").Build(), ImageError.Unsupported },
        { "global", new TarBuilder().Entry('g', "g", content: "12 path=a/b\n"u8.ToArray()).File("f").Build(), ImageError.Unsupported },
        { "pax length", new TarBuilder().Entry('x', "x", content: "99 path=a\n"u8.ToArray()).File("f").Build(), ImageError.InvalidImage },
        { "pax zero", new TarBuilder().Entry('x', "x", content: "0 path=a\n"u8.ToArray()).File("f").Build(), ImageError.InvalidImage },
        { "pax key", new TarBuilder().Entry('x', "x", content: "5 =a\n"u8.ToArray()).File("f").Build(), ImageError.InvalidImage },
        { "pax NUL", new TarBuilder().Pax("path", "a\0b").File("f").Build(), ImageError.InvalidImage },
        { "pax size", new TarBuilder().Pax("size", "-5").File("f").Build(), ImageError.InvalidImage },
        { "two pax", new TarBuilder().Pax("path", "a").Pax("path", "b").File("f").Build(), ImageError.InvalidImage },
        { "pax at the end", new TarBuilder().Pax("path", "a").Build(), ImageError.InvalidImage },
        { "huge pax", new TarBuilder().Entry('x', "x", size: 1L << 32).Build(), ImageError.TooLarge },
        { "huge name", new TarBuilder().Pax("path", new string('a', 5000)).File("f").Build(), ImageError.TooLarge },
        { "huge attribute", new TarBuilder().Pax("SCHILY.xattr.user.x", new string('a', 70_000)).File("f").Build(), ImageError.TooLarge },
        { "not UTF-8", new TarBuilder().Entry('0', "f", tamper: b => b[0] = 0xFF).Build(), ImageError.Unsupported },
        { "uid of nobody", new TarBuilder().Pax("uid", "4294967295").File("f").Build(), ImageError.InvalidImage },
        { "uid too large", new TarBuilder().Pax("uid", "4294967296").File("f").Build(), ImageError.InvalidImage },
        { "device number", new TarBuilder().Device('3', "c", 4096, 0).Build(), ImageError.InvalidImage },
        { "negative size", new TarBuilder().Entry('0', "f", tamper: b => b.AsSpan(124, 12).Fill(0xFF)).Build(), ImageError.InvalidImage },
        { "size wraps", new TarBuilder().Entry('0', "f", tamper: b => { b.AsSpan(124, 12).Fill(0xFF); b[124] = 0x80; }).Build(), ImageError.InvalidImage },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Broken_and_unsupported_tars_are_refused(string what, byte[] tar, ImageError error)
    {
        var e = Assert.Throws<ImageException>(() => Drain(tar));
        Assert.True(error == e.Error, $"{what}: {e.Error}: {e.Message}");
        e = Assert.Throws<ImageException>(() => Drain(new ForwardOnly(tar)));
        Assert.Equal(error, e.Error);
    }

    [Fact]
    public void Entries_are_counted()
    {
        var tar = Enumerable.Range(0, 11).Aggregate(new TarBuilder(), (t, i) => t.File($"f{i}")).Build();
        Assert.Equal(ImageError.TooLarge, Assert.Throws<ImageException>(() => Drain(new TarReader(new MemoryStream(tar), 10))).Error);
    }

    [Fact]
    public void A_damaged_tar_ends_in_entries_or_in_a_refusal_and_nothing_else()
    {
        var good = new TarBuilder().Directory("d/").Pax(("path", "d/long"u8.ToArray()), ("mtime", "1.5"u8.ToArray())).File("x", "content").Link("l", "d").Build();
        Prop.ForAll(ArbMap.Default.ArbFor<(int Position, byte Value)[]>(), damages =>
        {
            var tar = (byte[])good.Clone();
            foreach (var (position, value) in damages)
            {
                tar[(position & int.MaxValue) % tar.Length] = value;
            }

            FixChecksums(tar);
            Assert.True(Record.Exception(() => Drain(tar)) is null or ImageException);
        }).QuickCheckThrowOnFailure();
    }

    // Damage that the checksum catches says nothing of the parsing behind it.
    private static void FixChecksums(byte[] tar)
    {
        for (var at = 0; at + 512 <= tar.Length; at += 512)
        {
            var block = tar.AsSpan(at, 512);
            if (block[257] == 'u')
            {
                block.Slice(148, 8).Fill((byte)' ');
                var sum = 0;
                foreach (var b in block)
                {
                    sum += b;
                }

                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(7, '0') + "\0").CopyTo(block[148..]);
            }
        }
    }

    private static TarReader Read(byte[] tar) => new(new MemoryStream(tar), 1000);

    private static void Drain(byte[] tar) => Drain(new TarReader(new MemoryStream(tar), 1000));

    private static void Drain(ForwardOnly tar) => Drain(new TarReader(tar, 1000));

    private static void Drain(TarReader reader)
    {
        var buffer = new byte[4096];
        while (reader.Next() is not null)
        {
            while (reader.ReadContent(buffer) > 0)
            {
            }
        }
    }

    private sealed class ForwardOnly(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}

using System.Globalization;
using System.Text;

namespace Insula.Images.Tests.Support;

/// <summary>Writes tars byte by byte, so that tests can write what no tar program would.</summary>
public sealed class TarBuilder
{
    private readonly List<byte> _tar = [];

    public TarBuilder Directory(string name, int mode = 0x1ED, long uid = 0, long gid = 0, long mtime = 1000) =>
        Entry('5', name, mode: mode, uid: uid, gid: gid, mtime: mtime);

    public TarBuilder File(string name, string content = "", int mode = 0x1A4, long uid = 0, long gid = 0, long mtime = 1000) =>
        File(name, Encoding.UTF8.GetBytes(content), mode, uid, gid, mtime);

    public TarBuilder File(string name, byte[] content, int mode = 0x1A4, long uid = 0, long gid = 0, long mtime = 1000) =>
        Entry('0', name, content: content, mode: mode, uid: uid, gid: gid, mtime: mtime);

    public TarBuilder Link(string name, string target) => Entry('2', name, target, mode: 0x1FF);

    public TarBuilder HardLink(string name, string target) => Entry('1', name, target);

    public TarBuilder Device(char type, string name, int major, int minor) => Entry(type, name, major: major, minor: minor);

    public TarBuilder Fifo(string name) => Entry('6', name);

    /// <summary>A pax extended header for the next entry.</summary>
    public TarBuilder Pax(params (string Key, byte[] Value)[] records) =>
        Entry('x', "PaxHeaders/x", content: records.SelectMany(r => Record(r.Key, r.Value)).ToArray());

    public TarBuilder Pax(string key, string value) => Pax((key, Encoding.UTF8.GetBytes(value)));

    public TarBuilder Entry(
        char type, string name, string link = "", byte[]? content = null, int mode = 0x1A4, long uid = 0, long gid = 0, long mtime = 1000,
        int major = 0, int minor = 0, long? size = null, Action<byte[]>? tamper = null, Action<byte[]>? tamperAfterChecksum = null)
    {
        content ??= [];
        var block = new byte[512];
        Put(block, 0, 100, name);
        Octal(block, 100, 8, mode);
        Octal(block, 108, 8, uid);
        Octal(block, 116, 8, gid);
        Octal(block, 124, 12, size ?? content.Length);
        Octal(block, 136, 12, mtime);
        block[156] = (byte)type;
        Put(block, 157, 100, link);
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        Octal(block, 329, 8, major);
        Octal(block, 337, 8, minor);
        tamper?.Invoke(block);
        block.AsSpan(148, 8).Fill((byte)' ');
        Octal(block, 148, 8, block.Sum(b => b));
        tamperAfterChecksum?.Invoke(block);
        _tar.AddRange(block);
        Raw(content);
        return Raw(new byte[(512 - (content.Length % 512)) % 512]);
    }

    public TarBuilder Raw(byte[] bytes)
    {
        _tar.AddRange(bytes);
        return this;
    }

    public byte[] Build(bool end = true) => [.. _tar, .. end ? new byte[1024] : []];

    private static byte[] Record(string key, byte[] value)
    {
        var rest = 1 + Encoding.UTF8.GetByteCount(key) + 1 + value.Length + 1;
        var length = rest + rest.ToString(CultureInfo.InvariantCulture).Length;
        if (length.ToString(CultureInfo.InvariantCulture).Length + rest != length)
        {
            length++;
        }

        return [.. Encoding.UTF8.GetBytes($"{length} {key}="), .. value, (byte)'\n'];
    }

    private static void Put(byte[] block, int offset, int width, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.True(bytes.Length <= width, $"'{text}' needs an extended header");
        bytes.CopyTo(block, offset);
    }

    private static void Octal(byte[] block, int offset, int width, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(width - 1, '0') + "\0").CopyTo(block, offset);
}

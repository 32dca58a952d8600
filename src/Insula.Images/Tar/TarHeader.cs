namespace Insula.Images.Tar;

/// <summary>The fields of one 512-byte header block: v7, ustar and GNU, see tar(5).</summary>
internal static class TarHeader
{
    public const int BlockSize = 512;
    private static ReadOnlySpan<byte> UstarMagic => "ustar\0"u8;

    public static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    public static byte Type(ReadOnlySpan<byte> block) => block[156];

    /// <exception cref="ImageException">The checksum does not fit.</exception>
    public static void Check(ReadOnlySpan<byte> block)
    {
        // Historic writers summed signed bytes; both are accepted, as every tar does.
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        var recorded = Number(block[148..156], "checksum");
        if (recorded != unsigned && recorded != signed)
        {
            throw TarErrors.Broken("a header's checksum does not fit: not a tar, or damaged");
        }
    }

    public static string Name(ReadOnlySpan<byte> block)
    {
        var name = Text(block[..100], "a name");
        if (!block[257..263].SequenceEqual(UstarMagic))
        {
            return name;
        }

        var prefix = Text(block[345..500], "a name's prefix");
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    public static string LinkName(ReadOnlySpan<byte> block) => Text(block[157..257], "a link's target");

    public static uint Mode(ReadOnlySpan<byte> block) => (uint)(Number(block[100..108], "mode") & 0xFFF);

    public static long Uid(ReadOnlySpan<byte> block) => Number(block[108..116], "uid");

    public static long Gid(ReadOnlySpan<byte> block) => Number(block[116..124], "gid");

    public static long Size(ReadOnlySpan<byte> block) => Number(block[124..136], "size");

    public static long Modified(ReadOnlySpan<byte> block) => Number(block[136..148], "mtime", mayBeNegative: true);

    public static long DeviceMajor(ReadOnlySpan<byte> block) => Number(block[329..337], "device major");

    public static long DeviceMinor(ReadOnlySpan<byte> block) => Number(block[337..345], "device minor");

    private static string Text(ReadOnlySpan<byte> field, string what)
    {
        var end = field.IndexOf((byte)0);
        return TarText.Decode(end < 0 ? field : field[..end], what);
    }

    // Octal digits, or GNU's base-256: two's complement, whose first bit is the flag. No field has more than 12 bytes.
    private static long Number(ReadOnlySpan<byte> field, string what, bool mayBeNegative = false)
    {
        if ((field[0] & 0x80) != 0)
        {
            Int128 wide = (field[0] & 0x40) != 0 ? -1 : 0;
            wide = (wide << 7) | (Int128)(field[0] & 0x7F);
            foreach (var b in field[1..])
            {
                wide = (wide << 8) | (Int128)b;
            }

            return wide <= long.MaxValue && wide >= (mayBeNegative ? long.MinValue : 0)
                ? (long)wide
                : throw TarErrors.Broken($"a header's {what} is out of range");
        }

        long value = 0;
        var rest = field.TrimStart((byte)' ').TrimStart((byte)0);
        foreach (var b in rest)
        {
            if (b is 0 or (byte)' ')
            {
                break;
            }

            if (b is < (byte)'0' or > (byte)'7')
            {
                throw TarErrors.Broken($"a header's {what} is no octal number");
            }

            value = (value << 3) | (uint)(b - '0');
        }

        return value;
    }
}

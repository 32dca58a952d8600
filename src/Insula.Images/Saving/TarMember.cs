using System.Text;

namespace Insula.Images.Saving;

/// <summary>A regular file as a member of a tar: POSIX.1-1988 (ustar), and GNU's binary sizes from 8 GiB on.</summary>
internal static class TarMember
{
    public const int BlockSize = 512;
    private const long LargestOctal = (1L << 33) - 1;

    /// <summary>Bytes a member of this size takes, header and padding included.</summary>
    public static long Space(long size) => BlockSize + size + Padding(size);

    /// <summary>Zeros after the content.</summary>
    public static int Padding(long size) => (int)((BlockSize - (size % BlockSize)) % BlockSize);

    /// <summary>The header: mode 0644, nobody's in particular, as old as Unix, so that the same image always gives the same archive.</summary>
    /// <param name="name">At most 100 bytes.</param>
    /// <param name="size">Of the content.</param>
    public static byte[] Header(string name, long size)
    {
        var header = new byte[BlockSize];
        Text(header, 0, name);
        Text(header, 100, "0000644");
        Text(header, 108, "0000000");
        Text(header, 116, "0000000");
        if (size <= LargestOctal)
        {
            Text(header, 124, Convert.ToString(size, 8).PadLeft(11, '0'));
        }
        else
        {
            header[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        }

        Text(header, 136, "00000000000");
        header[156] = (byte)'0';
        Text(header, 257, "ustar");
        Text(header, 263, "00");
        header.AsSpan(148, 8).Fill((byte)' ');
        Text(header, 148, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0'));
        header[154] = 0;
        return header;
    }

    private static void Text(byte[] header, int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));
}

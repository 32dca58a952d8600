namespace Insula.Images.Layers;

/// <summary>Compressions told by their first bytes; media types are often wrong, as every engine knows.</summary>
internal static class Compression
{
    public const int MagicLength = 6;

    private static ReadOnlySpan<byte> Gzip => [0x1F, 0x8B];

    private static ReadOnlySpan<byte> Zstd => [0x28, 0xB5, 0x2F, 0xFD];

    private static ReadOnlySpan<byte> Xz => [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00];

    /// <summary>Whether content is gzip rather than plain.</summary>
    /// <param name="head">Up to <see cref="MagicLength"/> first bytes.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <exception cref="ImageException">It is compressed in another way.</exception>
    public static bool IsGzip(ReadOnlySpan<byte> head, string what)
    {
        if (head.StartsWith(Gzip))
        {
            return true;
        }

        var other =
            head.StartsWith(Zstd) ? "zstd" :
            head.StartsWith(Xz) ? "xz" :
            head.StartsWith("BZh"u8) ? "bzip2" :
            null;
        return other is null
            ? false
            : throw new ImageException(ImageError.Unsupported, $"{what} is compressed with {other}, which is not read: use gzip or no compression");
    }
}

using System.IO.Compression;
using ZstdSharp;

namespace Insula.Images.Layers;

/// <summary>Compressions told by their first bytes; media types are often wrong, as every engine knows.</summary>
internal static class Compression
{
    public const int MagicLength = 6;

    private static ReadOnlySpan<byte> Gzip => [0x1F, 0x8B];

    private static ReadOnlySpan<byte> Zstd => [0x28, 0xB5, 0x2F, 0xFD];

    // What estargz' sibling, zstd:chunked, and some compressors begin with (RFC 8878, section 3.1.2); the low half byte is free.
    private static ReadOnlySpan<byte> ZstdSkippable => [0x2A, 0x4D, 0x18];

    private static ReadOnlySpan<byte> Xz => [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00];

    /// <summary>What is in a stream: gzip and zstd are taken apart, anything else is taken as it is.</summary>
    /// <param name="stream">At its start. Stays open; the same is answered where it is not compressed.</param>
    /// <param name="head">Its first bytes, up to <see cref="MagicLength"/>.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <exception cref="ImageException">It is compressed in another way.</exception>
    public static Stream Open(Stream stream, ReadOnlySpan<byte> head, string what)
    {
        if (head.StartsWith(Gzip))
        {
            return new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        }

        if (head.StartsWith(Zstd) || (head.Length > 3 && head[0] is >= 0x50 and <= 0x5F && head[1..].StartsWith(ZstdSkippable)))
        {
            return new ZstdStream(new DecompressionStream(stream, leaveOpen: true));
        }

        var other =
            head.StartsWith(Xz) ? "xz" :
            head.StartsWith("BZh"u8) ? "bzip2" :
            null;
        return other is null
            ? stream
            : throw new ImageException(ImageError.Unsupported, $"{what} is compressed with {other}, which is not read: use gzip, zstd or no compression");
    }
}

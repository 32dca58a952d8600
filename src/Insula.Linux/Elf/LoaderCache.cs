using System.Buffers.Binary;
using System.Text;

namespace Insula.Linux.Elf;

/// <summary>Where glibc's loader looks for libraries: <c>/etc/ld.so.cache</c> (ldconfig(8), glibc's dl-cache.h).</summary>
public static class LoaderCache
{
    private const int HeaderSize = 48;
    private const int EntrySize = 24;

    private static ReadOnlySpan<byte> Magic => "glibc-ld.so.cache1.1"u8;

    /// <summary>The paths of a library in the order of the cache; those for special processors are left out. None when it is no such file.</summary>
    public static IReadOnlyList<string> Find(ReadOnlySpan<byte> cache, string library)
    {
        ArgumentNullException.ThrowIfNull(library);
        var result = new List<string>();
        var start = cache.IndexOf(Magic);
        if (start < 0 || cache.Length - start < HeaderSize)
        {
            return result;
        }

        cache = cache[start..];
        var count = BinaryPrimitives.ReadUInt32LittleEndian(cache[Magic.Length..]);
        for (var i = 0; i < count && HeaderSize + ((i + 1) * EntrySize) <= cache.Length; i++)
        {
            var entry = cache.Slice(HeaderSize + (i * EntrySize), EntrySize);
            if (BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]) == 0
                && Text(cache, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])) == library
                && Text(cache, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])) is { } path)
            {
                result.Add(path);
            }
        }

        return result;
    }

    private static string? Text(ReadOnlySpan<byte> cache, uint offset) =>
        offset < cache.Length && cache[(int)offset..].IndexOf((byte)0) is var end and >= 0 ? Encoding.UTF8.GetString(cache.Slice((int)offset, end)) : null;
}

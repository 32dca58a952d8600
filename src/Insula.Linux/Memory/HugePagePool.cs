using System.Buffers.Text;
using System.Globalization;

namespace Insula.Linux.Memory;

/// <summary>The huge pages that the machine has set aside, of each size a pool (Documentation/admin-guide/mm/hugetlbpage.rst).</summary>
public static class HugePagePool
{
    private const string Directory = "/sys/kernel/mm/hugepages";

    /// <summary>The sizes that this kernel has on this processor, in bytes, the smallest first; they do not change while it runs. None where there are no huge pages at all.</summary>
    public static IReadOnlyList<long> Sizes()
    {
        const string Prefix = "hugepages-";
        return !System.IO.Directory.Exists(Directory) ? []
            : [.. System.IO.Directory.GetDirectories(Directory, Prefix + "*kB")
                .Select(pool => long.Parse(Path.GetFileName(pool)[Prefix.Length..^2], CultureInfo.InvariantCulture) * 1024).Order()];
    }

    /// <summary>What is in the pool of a size just now, in bytes; without the pages beyond it that the kernel may make for a while.</summary>
    /// <param name="size">One of <see cref="Sizes"/>.</param>
    public static long Read(long size)
    {
        // Asked for at each pod that wants a place: without a stream and a reader of text.
        using var file = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"{Directory}/hugepages-{size >> 10}kB/nr_hugepages"));
        Span<byte> text = stackalloc byte[32];
        var length = RandomAccess.Read(file, text, 0);
        return Utf8Parser.TryParse(text[..length], out long pages, out _) ? pages * size : throw new InvalidDataException($"the pool of huge pages of {size} bytes has no number");
    }
}

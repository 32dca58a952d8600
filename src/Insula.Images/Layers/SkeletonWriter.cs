using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Insula.Images.Tar;

namespace Insula.Images.Layers;

/// <summary>
/// Writes down what a layer's tar has beside the content of its files, so that <see cref="SkeletonReader"/> makes the same tar of the unpacked layer again, to
/// the byte. A file of its own: eight bytes that say how long the tar is (little-endian; 0 while it is not complete), then gzip of records: a byte that
/// says which, and for <see cref="Raw"/> a 32-bit length and so many bytes, for <see cref="Content"/> the 64-bit size of a file, and the 16-bit length of its path and
/// the path.
/// </summary>
/// <param name="file">Empty.</param>
internal sealed class SkeletonWriter(FileStream file) : ITarTrace, IDisposable
{
    public const int HeadLength = sizeof(long);
    public const byte RawRecord = 0;
    public const byte ContentRecord = 1;
    public const int LongestRaw = 64 << 10;

    private readonly GZipStream _records = new(Behind(file), CompressionLevel.Fastest, leaveOpen: true);
    private readonly MemoryStream _raw = new();
    private long _length;

    /// <inheritdoc/>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var some = bytes[..(int)Math.Min(bytes.Length, LongestRaw - _raw.Length)];
            _raw.Write(some);
            bytes = bytes[some.Length..];
            if (_raw.Length == LongestRaw)
            {
                FlushRaw();
            }
        }
    }

    /// <summary>The content of a file comes next.</summary>
    /// <param name="path">Where it is in the layer.</param>
    /// <param name="size">How much there is of it.</param>
    public void Content(string path, long size)
    {
        FlushRaw();
        var name = Encoding.UTF8.GetBytes(path);
        Span<byte> head = stackalloc byte[1 + sizeof(long) + sizeof(ushort)];
        head[0] = ContentRecord;
        BinaryPrimitives.WriteInt64LittleEndian(head[1..], size);
        BinaryPrimitives.WriteUInt16LittleEndian(head[(1 + sizeof(long))..], (ushort)name.Length);
        _records.Write(head);
        _records.Write(name);
        _length += size;
    }

    /// <summary>Whether it can be used.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The tar is all there.</summary>
    public void Complete()
    {
        FlushRaw();
        _records.Dispose();
        Span<byte> head = stackalloc byte[HeadLength];
        BinaryPrimitives.WriteInt64LittleEndian(head, _length);
        file.Position = 0;
        file.Write(head);
        file.Flush();
        IsComplete = true;
    }

    public void Dispose()
    {
        _records.Dispose();
        _raw.Dispose();
        file.Dispose();
    }

    private static FileStream Behind(FileStream file)
    {
        file.Position = HeadLength;
        return file;
    }

    private void FlushRaw()
    {
        if (_raw.Length == 0)
        {
            return;
        }

        Span<byte> head = stackalloc byte[1 + sizeof(int)];
        head[0] = RawRecord;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], (int)_raw.Length);
        _records.Write(head);
        _records.Write(_raw.GetBuffer().AsSpan(0, (int)_raw.Length));
        _raw.SetLength(0);
    }
}

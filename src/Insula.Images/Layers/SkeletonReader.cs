using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Insula.Images.Tar;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Layers;

/// <summary>Makes the tar of an unpacked layer again, as <see cref="SkeletonWriter"/> saw it.</summary>
internal sealed class SkeletonReader : IDisposable
{
    private readonly FileStream _file;

    /// <param name="file">The skeleton; closed with this.</param>
    /// <exception cref="InvalidDataException">It was never completed.</exception>
    public SkeletonReader(FileStream file)
    {
        _file = file;
        Span<byte> head = stackalloc byte[SkeletonWriter.HeadLength];
        file.Position = 0;
        file.ReadExactly(head);
        Length = BinaryPrimitives.ReadInt64LittleEndian(head);
        if (Length <= 0)
        {
            throw new InvalidDataException("it is not complete");
        }
    }

    /// <summary>How long the tar is, in bytes.</summary>
    public long Length { get; }

    /// <summary>Writes the tar.</summary>
    /// <param name="layer">The directory of the layer.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The skeleton is damaged, or the layer is not what was unpacked.</exception>
    public async Task CopyToAsync(Descriptor layer, Stream target, CancellationToken cancellationToken)
    {
        _file.Position = SkeletonWriter.HeadLength;
        await using var records = new GZipStream(_file, CompressionMode.Decompress, leaveOpen: true);
        var buffer = new byte[SkeletonWriter.LongestRaw];
        var head = new byte[sizeof(long) + sizeof(ushort)];
        while (await records.ReadAsync(head.AsMemory(0, 1), cancellationToken) == 1)
        {
            if (head[0] == SkeletonWriter.RawRecord)
            {
                await records.ReadExactlyAsync(head.AsMemory(0, sizeof(int)), cancellationToken);
                var length = BinaryPrimitives.ReadInt32LittleEndian(head);
                if (length is < 0 or > SkeletonWriter.LongestRaw)
                {
                    throw new InvalidDataException("its skeleton is damaged");
                }

                await records.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken);
                await target.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
                continue;
            }

            await records.ReadExactlyAsync(head, cancellationToken);
            var size = BinaryPrimitives.ReadInt64LittleEndian(head);
            var name = new byte[BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(sizeof(long)))];
            await records.ReadExactlyAsync(name, cancellationToken);
            await CopyFileAsync(layer, Encoding.UTF8.GetString(name), size, target, buffer, cancellationToken);
        }
    }

    public void Dispose() => _file.Dispose();

    private static async Task CopyFileAsync(Descriptor layer, string path, long size, Stream target, byte[] buffer, CancellationToken cancellationToken)
    {
        using var file = Open(layer, path);
        var left = size;
        while (left > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = file.Read(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
            if (count == 0)
            {
                throw new InvalidDataException($"{Printable.Quote(path)} has become shorter");
            }

            left -= count;
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    // As it was found when it was unpacked: links of the layer may lead to it, and never out.
    private static Descriptor Open(Descriptor layer, string path)
    {
        try
        {
            return Directories.OpenInRoot(layer, path, fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK, 0, fcntl.RESOLVE_NO_XDEV);
        }
        catch (LinuxException e)
        {
            throw new InvalidDataException($"{Printable.Quote(path)} cannot be read: {e.Message}", e);
        }
    }
}

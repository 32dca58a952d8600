using Insula.Images.Layers;

namespace Insula.Images.Loading;

/// <summary>Writes an archive as it arrives to a file, its outer gzip removed, within the limits.</summary>
internal static class ArchiveReceiver
{
    private const int BufferSize = 256 << 10;
    private const int ReportEvery = 8 << 20;

    /// <exception cref="ImageException">It is empty or too large, or the disk refuses it.</exception>
    /// <exception cref="IOException">Who gives it breaks off.</exception>
    public static async Task ReceiveAsync(
        Stream archive, string path, ImageLimits limits, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var head = new byte[Compression.MagicLength];
        var length = await archive.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (length == 0)
        {
            throw new ImageException(ImageError.InvalidImage, "the archive is empty");
        }

        using var whole = new PrefixedStream(head.AsMemory(0, length), archive);
        await using var source = Compression.Open(whole, head.AsSpan(0, length), "the archive");
        using var target = Create(path);
        var buffer = new byte[BufferSize];
        long total = 0, reported = 0;
        int count;
        while ((count = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += count;
            Check(total, whole.Count, limits);
            try
            {
                await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
            catch (IOException e)
            {
                throw Refused(e);
            }

            if (total - reported >= ReportEvery)
            {
                reported = total;
                progress?.Report(new LoadProgress(LoadStep.Receiving, "", total, null));
            }
        }

        progress?.Report(new LoadProgress(LoadStep.Receiving, "", total, total));
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e)
        {
            throw Refused(e);
        }
    }

    private static ImageException Refused(IOException e) => new(ImageError.Storage, $"the image store failed: {e.Message}", e);

    private static void Check(long total, long received, ImageLimits limits)
    {
        if (total > limits.ArchiveBytes)
        {
            throw new ImageException(ImageError.TooLarge, $"the archive is larger than {limits.ArchiveBytes} bytes");
        }

        if (total > limits.ExpansionFloor && total / limits.Expansion > received)
        {
            throw new ImageException(
                ImageError.TooLarge, $"the archive grows to more than {limits.Expansion} times its compressed size: refused as a decompression bomb");
        }
    }
}


namespace Insula.Images.Layers;

/// <summary>A layer's blob on its way to a tar: decompressed, measured and hashed on both sides.</summary>
internal sealed class LayerDecoder : IDisposable
{
    private const int ReportEvery = 4 << 20;
    private readonly MeasuredStream _blob;
    private readonly MeasuredStream _content;
    private readonly ImageLimits _limits;
    private readonly string _name;
    private readonly IProgress<LoadProgress>? _progress;
    private readonly long? _blobLength;
    private readonly CancellationToken _cancellationToken;
    private long _reported;

    /// <param name="blob">The blob, at its start, able to seek; closed with this.</param>
    /// <param name="name">The layer's name in messages.</param>
    /// <param name="length">How many bytes the blob has; null when that is not known.</param>
    /// <param name="limits">Largest size and expansion.</param>
    /// <param name="progress">Told every few MiB of the blob.</param>
    /// <param name="cancellationToken">Looked at on every read.</param>
    public LayerDecoder(
        Stream blob, string name, long? length, ImageLimits limits, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        (_name, _blobLength, _limits, _progress, _cancellationToken) = (name, length, limits, progress, cancellationToken);
        Span<byte> head = stackalloc byte[Compression.MagicLength];
        head = head[..blob.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        blob.Position = 0;
        _blob = new MeasuredStream(blob, Report);
        Stream plain = Compression.Open(_blob, head, $"layer {name}");
        _content = new MeasuredStream(plain, CheckSize);
        Tar = new BufferedStream(_content, 64 << 10);
    }

    /// <summary>The uncompressed tar.</summary>
    public Stream Tar { get; }

    /// <summary>Reads both sides to their ends.</summary>
    /// <returns>Digest and size of the blob, and the digest of the uncompressed tar (the diff id).</returns>
    public ((string Digest, long Size) Blob, string DiffId) Finish()
    {
        var diffId = _content.Finish();
        return (FinishBlob(), diffId);
    }

    /// <summary>Reads the blob alone to its end, when its content turned out to be of no use.</summary>
    public (string Digest, long Size) FinishBlob() => (_blob.Finish(), _blob.Count);

    public void Dispose()
    {
        Tar.Dispose();
        _blob.Dispose();
    }

    private void Report(long count)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_progress is not null && (count - _reported >= ReportEvery || (count == _blobLength && _reported != count)))
        {
            _reported = count;
            _progress.Report(new LoadProgress(LoadStep.Unpacking, _name, count, _blobLength));
        }
    }

    private void CheckSize(long count)
    {
        if (count > _limits.LayerBytes)
        {
            throw new ImageException(ImageError.TooLarge, $"layer {_name} is larger than {_limits.LayerBytes} bytes uncompressed");
        }

        if (count > _limits.ExpansionFloor && count / _limits.Expansion > _blob.Count)
        {
            throw new ImageException(
                ImageError.TooLarge, $"layer {_name} grows to more than {_limits.Expansion} times its compressed size: refused as a decompression bomb");
        }
    }
}

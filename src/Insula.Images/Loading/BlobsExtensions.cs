using Insula.Images.Formats;

namespace Insula.Images.Loading;

/// <summary>Documents read whole, within the limit.</summary>
internal static class BlobsExtensions
{
    /// <summary>Path of a blob in an OCI layout.</summary>
    public static string BlobPath(string digest) => "blobs/sha256/" + Digests.Hex(digest);

    /// <summary>Reads a document; null when there is none.</summary>
    public static byte[]? ReadDocument(this IBlobs blobs, string path, ImageLimits limits)
    {
        using var stream = blobs.Open(path);
        if (stream is null)
        {
            return null;
        }

        if (stream.Length > limits.DocumentBytes)
        {
            throw new ImageException(
                ImageError.TooLarge, $"{Printable.Quote(path)} of {blobs.Description} has {stream.Length} bytes, at most {limits.DocumentBytes} are read");
        }

        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }

    /// <summary>Reads the document a descriptor points to, its size and digest checked before it is looked at.</summary>
    public static byte[] ReadVerified(this IBlobs blobs, OciDescriptor descriptor, string what, ImageLimits limits)
    {
        var digest = CheckedDigest(descriptor, what);
        var document = blobs.ReadDocument(BlobPath(digest), limits)
            ?? throw new ImageException(ImageError.InvalidImage, $"{blobs.Description} lacks the {what} {digest}");
        if (descriptor.Size is { } size && size != document.Length)
        {
            throw new ImageException(ImageError.InvalidImage, $"the {what} {digest} has {document.Length} bytes, {size} were announced");
        }

        var actual = Digests.Of(document);
        return actual == digest
            ? document
            : throw new ImageException(ImageError.InvalidImage, $"the {what} {digest} is damaged: its content is {actual}");
    }

    public static string CheckedDigest(OciDescriptor descriptor, string what) =>
        Digests.IsValid(descriptor.Digest)
            ? descriptor.Digest!
            : throw new ImageException(
                ImageError.InvalidImage, $"the {what} has the digest {Printable.Quote(descriptor.Digest ?? "")}: only sha256: with 64 lower-case digits is read");
}

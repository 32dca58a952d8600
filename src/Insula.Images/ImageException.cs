namespace Insula.Images;

/// <summary>An image that cannot be loaded, found or removed. The message says what, where and what to do.</summary>
public sealed class ImageException : Exception
{
    /// <summary>Makes one.</summary>
    public ImageException(ImageError error, string message, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
    }

    /// <summary>What kind of failure it is.</summary>
    public ImageError Error { get; }
}

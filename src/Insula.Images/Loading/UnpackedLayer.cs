using Insula.Images.Store;
using Insula.Linux;

namespace Insula.Images.Loading;

/// <summary>A layer unpacked under a temporary name.</summary>
/// <param name="Record">What the index is to say of it, but for its number.</param>
/// <param name="Temporary">The name.</param>
/// <param name="Directory">The directory, open: it stays the same when it gets its permanent name.</param>
/// <param name="HasSkeleton">Whether its tar can be made again.</param>
/// <param name="Warnings">What was left out.</param>
internal sealed record UnpackedLayer(LayerRecord Record, string Temporary, Descriptor Directory, bool HasSkeleton, IReadOnlyList<string> Warnings)
{
    /// <summary>Whether it has its permanent name; changed only while changes of the index exclude each other.</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether it was kept and has been removed since: nobody is to take it any more.</summary>
    public bool IsLost { get; set; }
}

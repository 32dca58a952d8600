namespace Insula.Images;

/// <summary>The steps of a load, in their order.</summary>
public enum LoadStep
{
    /// <summary>The archive is received.</summary>
    Receiving,

    /// <summary>The layers are fetched from a registry.</summary>
    Fetching,

    /// <summary>A layer that is all there is unpacked; one that still comes is unpacked, too, but is told of as fetched.</summary>
    Unpacking,

    /// <summary>A layer was there already.</summary>
    Present,

    /// <summary>The image is recorded.</summary>
    Recording,
}

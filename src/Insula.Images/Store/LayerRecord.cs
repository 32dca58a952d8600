namespace Insula.Images.Store;

/// <summary>One unpacked layer in the index.</summary>
internal sealed record LayerRecord
{
    /// <summary>Its directory's name. A number, as overlayfs' list of lowers must stay short.</summary>
    public required long Number { get; init; }

    /// <summary>Digest of its uncompressed tar.</summary>
    public required string DiffId { get; init; }

    /// <summary>
    /// Chain id of the layers it was unpacked upon, itself included; null for a layer that looks the same upon any,
    /// which is then shared by diff id alone.
    /// </summary>
    public string? ChainId { get; init; }

    /// <summary>Bytes of its files.</summary>
    public required long Size { get; init; }

    /// <summary>It hides all layers below.</summary>
    public bool HidesAll { get; init; }
}

namespace Insula.Images.Layers;

/// <summary>What a name in a layer hides.</summary>
internal enum WhiteoutKind
{
    /// <summary>Nothing: an ordinary entry.</summary>
    None,

    /// <summary>The entry of that name in lower layers.</summary>
    Name,

    /// <summary>Everything lower layers have in the directory.</summary>
    Opaque,

    /// <summary>Nothing: AUFS' own files, left out.</summary>
    Bookkeeping,
}

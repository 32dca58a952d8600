namespace Insula.Images.Layers;

/// <summary>Names by which a layer hides what lies below: the OCI image layer specification, "Whiteouts".</summary>
internal static class Whiteouts
{
    public const string Prefix = ".wh.";
    public const string Opaque = ".wh..wh..opq";

    // Names of AUFS' own bookkeeping; they describe no file.
    private const string BookkeepingPrefix = ".wh..wh.";

    public static WhiteoutKind Classify(LayerPath path)
    {
        for (var i = 0; i < path.Parts.Count; i++)
        {
            var part = path.Parts[i];
            if (!part.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var isLast = i == path.Parts.Count - 1;
            if (isLast && part == Opaque)
            {
                return WhiteoutKind.Opaque;
            }

            if (part.StartsWith(BookkeepingPrefix, StringComparison.Ordinal))
            {
                return WhiteoutKind.Bookkeeping;
            }

            if (!isLast || part[Prefix.Length..] is "" or "." or "..")
            {
                throw new ImageException(ImageError.InvalidImage, $"{Printable.Quote(path.ToString())} is no valid whiteout");
            }

            return WhiteoutKind.Name;
        }

        return WhiteoutKind.None;
    }
}

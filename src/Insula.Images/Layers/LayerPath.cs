using System.Text;

namespace Insula.Images.Layers;

/// <summary>
/// A name in a layer, taken apart. Absolute names count from the layer's root, as everywhere; <c>..</c> is refused,
/// since no tool that makes layers writes it.
/// </summary>
internal sealed class LayerPath
{
    private const int LongestComponent = 255;
    private const int Longest = 4095;
    private readonly string[] _parts;

    private LayerPath(string[] parts) => _parts = parts;

    public bool IsRoot => _parts.Length == 0;

    public IReadOnlyList<string> Parts => _parts;

    /// <summary>The last component.</summary>
    public string Name => _parts[^1];

    /// <summary>The components above, joined; <c>.</c> for the root.</summary>
    public string Parent => Prefix(_parts.Length - 1);

    public static LayerPath Parse(string text, string what, int maxDepth)
    {
        var parts = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains("."))
        {
            parts = parts.Where(p => p != ".").ToArray();
        }

        if (parts.Contains(".."))
        {
            throw Refuse(ImageError.InvalidImage, $"{what} {Printable.Quote(text)} has a '..' component, which could lead out of the layer");
        }

        if (parts.Length - 1 > maxDepth)
        {
            throw Refuse(ImageError.TooLarge, $"{what} {Printable.Quote(text)} lies deeper than {maxDepth} directories");
        }

        if (Encoding.UTF8.GetByteCount(text) > Longest || parts.Any(p => Encoding.UTF8.GetByteCount(p) > LongestComponent))
        {
            throw Refuse(ImageError.TooLarge, $"{what} {Printable.Quote(text)} is longer than Linux takes ({LongestComponent} bytes a component, {Longest} in all)");
        }

        return new LayerPath(parts);
    }

    /// <summary>The first <paramref name="count"/> components, joined; <c>.</c> for none.</summary>
    public string Prefix(int count) => count == 0 ? "." : string.Join('/', _parts, 0, count);

    public override string ToString() => Prefix(_parts.Length);

    private static ImageException Refuse(ImageError error, string message) => new(error, message);
}

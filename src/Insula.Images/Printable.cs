using System.Globalization;
using System.Text;

namespace Insula.Images;

/// <summary>Text of an image made fit for a message: no control characters reach a terminal, and it stays short.</summary>
internal static class Printable
{
    private const int Longest = 120;

    public static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (result.Length > Longest)
            {
                result.Append('…');
                break;
            }

            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else if (rune.Value is '"' or '\\')
            {
                result.Append('\\').Append((char)rune.Value);
            }
            else
            {
                result.Append(rune);
            }
        }

        return result.Append('"').ToString();
    }
}

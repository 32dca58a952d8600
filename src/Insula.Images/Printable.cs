using System.Globalization;
using System.Text;

namespace Insula.Images;

/// <summary>Text of an image made fit for a message: no control characters reach a terminal, and it stays short.</summary>
internal static class Printable
{
    private const int Longest = 120;

    /// <summary>In quotes, with quotes and backslashes in it escaped.</summary>
    public static string Quote(string text) => $"\"{Of(text, escaped: "\"\\")}\"";

    /// <summary>As it is otherwise: for what another library says of an image.</summary>
    public static string Text(string text) => Of(text, escaped: "");

    private static string Of(string text, string escaped)
    {
        var result = new StringBuilder();
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
            else if (rune.IsAscii && escaped.Contains((char)rune.Value, StringComparison.Ordinal))
            {
                result.Append('\\').Append((char)rune.Value);
            }
            else
            {
                result.Append(rune);
            }
        }

        return result.ToString();
    }
}

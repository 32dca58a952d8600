using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Insula.Api.Validation;

/// <summary>Values in messages: quoted, with control characters escaped, so that no value can forge a line or a colour.</summary>
public static class Quoted
{
    private const int LongestShown = 200;

    /// <summary>A text in double quotes; a long one is cut.</summary>
    public static string Text(string text) => Text(text, LongestShown);

    /// <summary>A text in double quotes, however long.</summary>
    public static string Whole(string text) => Text(text, int.MaxValue);

    /// <summary>A message of another's making, which may hold parts of what it is about: as it is, but on one line and without control characters.</summary>
    public static string Message(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Append(result, rune);
        }

        return result.ToString();
    }

    private static string Text(string text, int longest)
    {
        var result = new StringBuilder(Math.Min(text.Length, longest) + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            if (result.Length > longest)
            {
                return result.Append("\"…").ToString();
            }

            if (rune.Value is '"' or '\\')
            {
                result.Append('\\');
            }

            Append(result, rune);
        }

        return result.Append('"').ToString();
    }

    private static void Append(StringBuilder result, Rune rune) =>
        _ = rune.Value switch
        {
            '\n' => result.Append("\\n"),
            '\r' => result.Append("\\r"),
            '\t' => result.Append("\\t"),
            < 0x20 or 0x7f => result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
            _ when IsInvisible(rune) => result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
            _ => result.Append(rune.ToString()),
        };

    /// <summary>A value: texts quoted, numbers and booleans plain, null as null, JSON as JSON.</summary>
    public static string Value(object? value) => value switch
    {
        null => "null",
        string text => Text(text),
        bool flag => flag ? "true" : "false",
        JsonNode node => node.GetValueKind() == System.Text.Json.JsonValueKind.String ? Text(node.GetValue<string>()) : Cut(node.ToJsonString()),
        IFormattable number and (int or long or uint or double or decimal) => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Text(value.ToString() ?? ""),
    };

    private static string Cut(string text) => text.Length > LongestShown ? text[..LongestShown] + "…" : text;

    // Directional overrides and other format characters can make a terminal show something else than what is there.
    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;
}

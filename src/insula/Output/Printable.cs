using System.Text;

namespace Insula.Cli.Output;

/// <summary>
/// Text from pods and images, made safe for a terminal: control characters are shown, not obeyed
/// (the class of CVE-2021-25743).
/// </summary>
internal static class Printable
{
    public static string Text(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1f') && !text.AsSpan().ContainsAnyInRange('\x7f', '\x9f'))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (c is '\n' or '\t')
            {
                shown.Append(c);
            }
            else if (char.IsControl(c))
            {
                shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else
            {
                shown.Append(c);
            }
        }

        return shown.ToString();
    }

    /// <summary>As <see cref="Text"/>, and on one line: for table cells.</summary>
    public static string Cell(string text) =>
        Text(text).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
}

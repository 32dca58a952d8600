using System.Globalization;

namespace Insula.Pods.Launch;

/// <summary>
/// The text of an env file, as Kubernetes reads it (KEP-3721): lines <c>NAME='value'</c>. What is between the quotes is the value, with line ends, backslashes and
/// all; there is no escape. Spaces around the name, the <c>=</c> and the end are nothing, and so are empty lines and those that begin with <c>#</c>. Pure.
/// </summary>
internal static class EnvFileText
{
    /// <summary>The variables; of the same name the last counts.</summary>
    /// <exception cref="FormatException">It is no such text. The message shows none of it: there may be secrets in it.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        var found = new Dictionary<string, string>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var end = EndOfLine(text, at);
            if (text[at] == '#')
            {
                at = end;
                continue;
            }

            var equals = text.IndexOf('=', at, end - at);
            if (equals < 0)
            {
                throw Wrong(text, at, "there is no =");
            }

            var name = text[at..equals].TrimEnd();
            if (name.Length == 0 || name.Any(c => c is < '!' or > '~'))
            {
                throw Wrong(text, at, "the name is empty or has characters that no name has");
            }

            var quote = equals + 1;
            while (quote < end && text[quote] is ' ' or '\t')
            {
                quote++;
            }

            if (quote >= end || text[quote] != '\'')
            {
                throw Wrong(text, at, "the value is not in single quotes");
            }

            var close = text.IndexOf('\'', quote + 1);
            if (close < 0)
            {
                throw Wrong(text, at, "the value's quote is not closed");
            }

            found[name] = text[(quote + 1)..close];
            at = EndOfLine(text, close);
            if (text[(close + 1)..at].Trim().Length > 0)
            {
                throw Wrong(text, close, "something follows the closing quote");
            }
        }

        return found;
    }

    private static int EndOfLine(string text, int from) => text.IndexOf('\n', from) is >= 0 and var end ? end : text.Length;

    private static FormatException Wrong(string text, int at, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"line {text.AsSpan(0, at).Count('\n') + 1}: {what}; lines are NAME='value'"));
}

namespace Insula.Ingresses.Runtime;

/// <summary>Takes the answers of HAProxy's command line apart: each ends with an empty line.</summary>
public static class ProxyAnswers
{
    /// <summary>The answers to so many commands; null when there are fewer.</summary>
    /// <param name="text">All that it wrote.</param>
    /// <param name="commands">How many it was given.</param>
    public static IReadOnlyList<string>? Split(string text, int commands)
    {
        ArgumentNullException.ThrowIfNull(text);
        var answers = new List<string>();
        var rest = text.AsSpan();
        while (answers.Count < commands)
        {
            // One that has nothing to say is the empty line alone.
            if (rest.StartsWith("\n"))
            {
                answers.Add("");
                rest = rest[1..];
                continue;
            }

            var end = rest.IndexOf("\n\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }

            answers.Add(rest[..(end + 1)].ToString());
            rest = rest[(end + 2)..];
        }

        return answers;
    }
}

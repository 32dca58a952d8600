namespace Insula.Pods.Eviction;

/// <summary>Lists that give signals values: <c>memory.available=90s,nodefs.available=2m</c>.</summary>
public static class SignalValues
{
    /// <summary>Reads one, or <c>none</c>.</summary>
    /// <param name="text">The list.</param>
    /// <param name="parse">Reads a value; a <see cref="FormatException"/> when it is none.</param>
    /// <param name="example">What would be right, such as <c>memory.available=90s</c>.</param>
    /// <exception cref="FormatException">It is something else.</exception>
    public static IReadOnlyDictionary<EvictionSignal, T> Parse<T>(string text, Func<string, T> parse, string example)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(parse);
        var values = new Dictionary<EvictionSignal, T>();
        foreach (var one in text == EvictionThreshold.None ? [] : text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (one.Split('=') is not [var name, var value] || EvictionSignals.Find(name) is not { } signal)
            {
                throw Malformed($"\"{one}\" is no signal with a value");
            }

            try
            {
                if (!values.TryAdd(signal, parse(value)))
                {
                    throw Malformed($"{name} is there twice");
                }
            }
            catch (FormatException e) when (!values.ContainsKey(signal))
            {
                throw Malformed($"\"{value}\" is not {e.Message}");
            }
        }

        return values;

        FormatException Malformed(string what) =>
            new($"none, or a list like {example}: each of {string.Join(", ", EvictionSignals.Names)} once at most: {what}");
    }

    /// <summary>Writes what <see cref="Parse"/> reads, with room for lines to break.</summary>
    /// <param name="values">The values.</param>
    /// <param name="format">Writes a value.</param>
    public static string Format<T>(IReadOnlyDictionary<EvictionSignal, T> values, Func<T, string> format)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Count == 0 ? EvictionThreshold.None : string.Join(", ", values.OrderBy(v => v.Key).Select(v => $"{v.Key.Name()}={format(v.Value)}"));
    }
}

namespace Insula.Cli.Client;

/// <summary>A header of a request or an answer. A class, since collections of it are compiled ahead.</summary>
/// <param name="Name">Its name, in any case.</param>
/// <param name="Value">Its value.</param>
internal sealed record HttpHeader(string Name, string Value)
{
    /// <summary>Reads a line.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static HttpHeader Parse(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? new(line[..colon], line[(colon + 1)..].Trim()) : throw new IOException($"the answer has a header without a colon: {line}");
    }
}

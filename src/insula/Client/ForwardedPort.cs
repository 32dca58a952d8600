using System.Globalization;

namespace Insula.Cli.Client;

/// <summary>A port as <c>port-forward</c> is told it: <c>[LOCAL:]REMOTE</c>.</summary>
/// <param name="Local">The port on this machine: 0 for any that is free, null for the same as the remote one.</param>
/// <param name="Remote">The port of the pod or Service: a number or a name.</param>
internal sealed record ForwardedPort(int? Local, string Remote)
{
    /// <summary>Reads LOCAL:REMOTE, :REMOTE or REMOTE.</summary>
    /// <exception cref="CommandException">It is none of these.</exception>
    public static ForwardedPort Parse(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var remote = word[(colon + 1)..];
        if (remote.Length == 0 || remote.Contains(':', StringComparison.Ordinal))
        {
            throw Wrong(word);
        }

        // What is a number must be a port; what is none may be a name.
        if (IsNumber(remote) && Number(remote) is null or 0)
        {
            throw Wrong(word);
        }

        return colon switch
        {
            < 0 => new ForwardedPort(null, remote),
            0 => new ForwardedPort(0, remote),
            _ => new ForwardedPort(Number(word[..colon]) ?? throw Wrong(word), remote),
        };
    }

    /// <summary>0 to 65535, or null.</summary>
    public static int? Number(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 65536 ? number : null;

    private static bool IsNumber(string word) => word.All(char.IsAsciiDigit);

    private static CommandException Wrong(string word) =>
        new($"\"{word}\": a port is written LOCAL:REMOTE, :REMOTE (any local port) or REMOTE; each is 1 to 65535, REMOTE also a port's name");
}

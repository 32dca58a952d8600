using System.Globalization;

namespace Insula.Sandbox.Containers;

/// <summary>A limit of setrlimit(2).</summary>
/// <param name="Name">The kernel's name without its prefix in lower case, for example <c>nofile</c>.</param>
/// <param name="Soft">The soft limit; <see cref="ulong.MaxValue"/> for none.</param>
/// <param name="Hard">The hard limit; <see cref="ulong.MaxValue"/> for none.</param>
public sealed record ResourceLimit(string Name, ulong Soft, ulong Hard)
{
    private const string None = "unlimited";

    /// <summary>The names there are.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    /// <summary>Reads <c>NAME=SOFT:HARD</c>, or <c>NAME=BOTH</c>; the numbers as the kernel counts them, or <c>unlimited</c>.</summary>
    /// <returns>The limit; null when the text is none, or the soft limit is above the hard one.</returns>
    public static ResourceLimit? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('=') is [var name, var values] && Names.Contains(name)
            && values.Split(':') is { Length: 1 or 2 } numbers
            && Number(numbers[0]) is { } soft && Number(numbers[^1]) is { } hard && soft <= hard
            ? new ResourceLimit(name, soft, hard)
            : null;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => $"{Name}={Text(Soft)}:{Text(Hard)}";

    private static ulong? Number(string text) => text == None ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : null;

    internal static string Text(ulong value) => value == ulong.MaxValue ? None : value.ToString(CultureInfo.InvariantCulture);
}

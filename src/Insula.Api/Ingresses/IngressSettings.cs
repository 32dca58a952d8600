using System.Globalization;
using Insula.Api.Values;

namespace Insula.Api.Ingresses;

/// <summary>Time-outs and limits of an Ingress, from its annotations.</summary>
public sealed record IngressSettings
{
    /// <summary>What begins the names of the annotations.</summary>
    public const string Prefix = "ingress.insula.dev/";

    private const int MostRequests = 1_000_000;

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    private static readonly Dictionary<string, Func<IngressSettings, string, IngressSettings?>> s_annotations = new(StringComparer.Ordinal)
    {
        ["connect-timeout"] = (settings, text) => Duration(text) is { } time ? settings with { ConnectTimeout = time } : null,
        ["response-timeout"] = (settings, text) => Duration(text) is { } time ? settings with { ResponseTimeout = time } : null,
        ["tunnel-timeout"] = (settings, text) => Duration(text) is { } time ? settings with { TunnelTimeout = time } : null,
        ["max-body-size"] = (settings, text) => Quantity.TryParse(text, out var size) && size.Sign > 0 ? settings with { MaxBodySize = size.Value } : null,
        ["requests-per-second"] = (settings, text) => Number(text) is { } rate ? settings with { RequestsPerSecond = rate } : null,
        ["https-redirect"] = (settings, text) => text is "true" or "false" ? settings with { HttpsRedirect = text == "true" } : null,
    };

    /// <summary>How long a pod may take to accept a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a pod may say nothing during a request.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a WebSocket may be silent in both directions.</summary>
    public TimeSpan TunnelTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most bytes of a request's body; 0 for any number.</summary>
    public long MaxBodySize { get; init; }

    /// <summary>The most requests a second of one client's address; 0 for any number.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>Whether requests without TLS are sent to https.</summary>
    public bool HttpsRedirect { get; init; }

    /// <summary>The annotations there are, with what each takes.</summary>
    public static IReadOnlyDictionary<string, string> Annotations { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Prefix + "connect-timeout"] = "a time of 1s to 24h, as 5s",
        [Prefix + "response-timeout"] = "a time of 1s to 24h, as 60s",
        [Prefix + "tunnel-timeout"] = "a time of 1s to 24h, as 1h",
        [Prefix + "max-body-size"] = "a number of bytes, as 10Mi",
        [Prefix + "requests-per-second"] = "a whole number of 1 to 1000000",
        [Prefix + "https-redirect"] = "true or false",
    };

    /// <summary>Reads the annotations of an Ingress. Those of others are no matter of ours.</summary>
    /// <param name="annotations">All annotations.</param>
    /// <param name="refused">Is given the name of each of ours that is unknown or malformed; it changes nothing.</param>
    public static IngressSettings Of(IReadOnlyDictionary<string, string> annotations, Action<string> refused)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        ArgumentNullException.ThrowIfNull(refused);
        var settings = new IngressSettings();
        foreach (var (name, text) in annotations)
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (s_annotations.TryGetValue(name[Prefix.Length..], out var read) && read(settings, text) is { } next)
            {
                settings = next;
            }
            else
            {
                refused(name);
            }
        }

        return settings;
    }

    private static TimeSpan? Duration(string text)
    {
        var unit = text.Length < 2 ? TimeSpan.Zero : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        return unit > TimeSpan.Zero && Number(text[..^1]) is { } number && number * unit <= s_longest ? number * unit : null;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= MostRequests ? number : null;
}

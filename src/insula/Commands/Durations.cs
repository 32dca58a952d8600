using System.Globalization;
using System.Text.RegularExpressions;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Durations as Go and kubectl write them: 90s, 1h30m, 250ms.</summary>
internal static partial class Durations
{
    public static TimeSpan Parse(string text, string option)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1 << 30)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        var match = Pattern().Match(text);
        if (!match.Success || text.Length == 0)
        {
            throw new CommandException($"{option} {text}: not a duration; write it as 30s, 2m, 1h30m or 250ms");
        }

        var total = TimeSpan.Zero;
        for (var i = 0; i < match.Groups["n"].Captures.Count; i++)
        {
            var number = double.Parse(match.Groups["n"].Captures[i].ValueSpan, CultureInfo.InvariantCulture);
            total += match.Groups["u"].Captures[i].Value switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                _ => TimeSpan.FromHours(number),
            };
        }

        return total;
    }

    [GeneratedRegex(@"^(?:(?<n>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?<u>ms|s|m|h))+$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

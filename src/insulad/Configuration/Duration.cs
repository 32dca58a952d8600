using System.Buffers;
using System.Globalization;

namespace Insulad.Configuration;

/// <summary>Durations as Go writes them: <c>250ms</c>, <c>10s</c>, <c>1h30m</c>.</summary>
internal static class Duration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static TimeSpan Parse(string value)
    {
        var total = TimeSpan.Zero;
        var rest = value.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                throw Malformed();
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(Digits);
            var unit = letters < 0 ? rest : rest[..letters];
            total += unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                _ => throw Malformed(),
            };
            rest = rest[unit.Length..];
        }

        return total > TimeSpan.Zero && total < TimeSpan.FromDays(365) ? total : throw Malformed();
    }

    public static string Format(TimeSpan value)
    {
        var text = "";
        if (value.Days * 24 + value.Hours is > 0 and var hours)
        {
            text += $"{hours}h";
        }

        if (value.Minutes > 0)
        {
            text += $"{value.Minutes}m";
        }

        if (value.Seconds > 0)
        {
            text += $"{value.Seconds}s";
        }

        return value.Milliseconds > 0 ? text + $"{value.Milliseconds}ms" : text.Length > 0 ? text : "0s";
    }

    private static FormatException Malformed() => new("a duration above zero like 250ms, 10s, 5m or 1h30m");
}

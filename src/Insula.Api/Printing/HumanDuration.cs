using System.Globalization;

namespace Insula.Api.Printing;

/// <summary>Ages as kubectl shows them: two units at most, finer while young (apimachinery util/duration).</summary>
public static class HumanDuration
{
    /// <summary>A duration in a few characters: 45s, 3m20s, 25m, 3h5m, 30h, 3d4h, 100d, 2y40d.</summary>
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        long minutes = seconds / 60, hours = seconds / 3600, days = seconds / 86400, years = days / 365;
        return seconds switch
        {
            < -1 => "<invalid>",
            < 0 => "0s",
            < 120 => $"{seconds}s",
            < 600 => Two(minutes, "m", seconds % 60, "s"),
            < 3 * 3600 => $"{minutes}m",
            < 8 * 3600 => Two(hours, "h", minutes % 60, "m"),
            < 48 * 3600 => $"{hours}h",
            < 8 * 86400 => Two(days, "d", hours % 24, "h"),
            < 2 * 365 * 86400L => $"{days}d",
            < 8 * 365 * 86400L => Two(years, "y", days % 365, "d"),
            _ => $"{years}y",
        };
    }

    /// <summary>The time since a moment, or &lt;unknown&gt;.</summary>
    public static string Since(DateTimeOffset? moment, DateTimeOffset now) => moment is { } then ? Format(now - then) : "<unknown>";

    private static string Two(long first, string unit, long second, string smaller) => second == 0
        ? first.ToString(CultureInfo.InvariantCulture) + unit
        : string.Create(CultureInfo.InvariantCulture, $"{first}{unit}{second}{smaller}");
}

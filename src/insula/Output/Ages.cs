using System.Globalization;

namespace Insula.Cli.Output;

/// <summary>Ages as kubectl writes them: 5s, 3m20s, 4h, 2d.</summary>
internal static class Ages
{
    public static string Since(DateTimeOffset time) => Of(DateTimeOffset.UtcNow - time);

    public static string Of(TimeSpan age) => age.TotalSeconds switch
    {
        < 1 => "0s",
        < 120 => Text($"{(int)age.TotalSeconds}s"),
        < 600 when age.Seconds > 0 => Text($"{(int)age.TotalMinutes}m{age.Seconds}s"),
        < 10800 => Text($"{(int)age.TotalMinutes}m"),
        < 28800 when age.Minutes > 0 => Text($"{(int)age.TotalHours}h{age.Minutes}m"),
        < 172800 => Text($"{(int)age.TotalHours}h"),
        < 691200 when age.Hours > 0 => Text($"{(int)age.TotalDays}d{age.Hours}h"),
        _ => Text($"{(int)age.TotalDays}d"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

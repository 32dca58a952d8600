using Insulad.Configuration;

namespace Insulad.Logging;

/// <summary>Chooses the style that fits where standard error goes.</summary>
internal static class LineStyles
{
    /// <summary>systemd.exec(5) sets JOURNAL_STREAM when standard output or error is connected to the journal.</summary>
    public static LineStyle Choose(LogFormat format) => format switch
    {
        LogFormat.Journal => LineStyle.Journal,
        LogFormat.Auto when Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } && Console.IsErrorRedirected => LineStyle.Journal,
        _ => Console.IsErrorRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ? LineStyle.Plain : LineStyle.Coloured,
    };
}

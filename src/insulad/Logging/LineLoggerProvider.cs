using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Insulad.Logging;

/// <summary>Formats log entries as lines, for a terminal or for the journal.</summary>
internal sealed class LineLoggerProvider(LogOutput output, LineStyle style, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName)
    {
        var dot = categoryName.LastIndexOf('.');
        return new LineLogger(this, dot < 0 ? categoryName : categoryName[(dot + 1)..]);
    }

    public void Dispose()
    {
        // The output belongs to the program: it is closed after the last line about the host's own end.
    }

    internal void Write(string category, LogLevel level, string message, Exception? exception)
    {
        var text = new StringBuilder();
        var prefix = style == LineStyle.Journal ? $"<{Severity(level)}>" : "";
        if (style == LineStyle.Journal)
        {
            text.Append(prefix);
        }
        else
        {
            var (on, off) = style == LineStyle.Coloured ? Colour(level) : ("", "");
            text.Append(time.GetLocalNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture)).Append(on).Append(Word(level)).Append(off).Append(' ');
        }

        text.Append(category).Append(": ");
        Append(text, message, prefix);
        if (exception is not null)
        {
            text.Append('\n').Append(prefix);
            Append(text, level >= LogLevel.Error ? exception.ToString() : $"{exception.GetType().Name}: {exception.Message}", prefix);
        }

        text.Append('\n');
        output.Write(text.ToString());
    }

    /// <summary>Messages hold names and paths from outside: control characters must not reach a terminal or forge a line.</summary>
    private static void Append(StringBuilder text, string message, string prefix)
    {
        foreach (var c in message)
        {
            if (c == '\n')
            {
                text.Append('\n').Append(prefix).Append("    ");
            }
            else if (char.IsControl(c) && c != '\t')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else
            {
                text.Append(c);
            }
        }
    }

    /// <summary>syslog(3) levels, as sd-daemon(3) wants them.</summary>
    private static int Severity(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "FATAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARN ",
        LogLevel.Information => "INFO ",
        _ => "DEBUG",
    };

    private static (string On, string Off) Colour(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => ("\e[31m", "\e[0m"),
        LogLevel.Warning => ("\e[33m", "\e[0m"),
        LogLevel.Information => ("\e[32m", "\e[0m"),
        _ => ("\e[90m", "\e[0m"),
    };
}

using System.Globalization;

namespace Insula.Pods.Launch;

/// <summary>Signal names and numbers (x86-64 and arm64), as an image's stop signal writes them.</summary>
internal static class StopSignals
{
    public const int Terminate = 15;
    private const int RealTimeMin = 34;
    private const int RealTimeMax = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The number of a signal written as <c>SIGTERM</c>, <c>TERM</c>, <c>15</c> or <c>SIGRTMIN+3</c>; null when it is none.</summary>
    public static int? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number is >= 1 and <= RealTimeMax ? number : null;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        if (name.StartsWith("RTM", StringComparison.OrdinalIgnoreCase))
        {
            return RealTime(name);
        }

        var found = name.Length == 0 ? -1 : Array.FindIndex(Names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
        return found > 0 ? found : null;
    }

    /// <summary>The name of a signal as Kubernetes writes it: <c>SIGTERM</c>, <c>SIGRTMIN+3</c>.</summary>
    public static string NameOf(int signal) => signal switch
    {
        > 0 when signal < Names.Length => "SIG" + Names[signal],
        RealTimeMin => "SIGRTMIN",
        RealTimeMax => "SIGRTMAX",
        _ => signal <= (RealTimeMin + RealTimeMax) / 2
            ? string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{signal - RealTimeMin}")
            : string.Create(CultureInfo.InvariantCulture, $"SIGRTMAX-{RealTimeMax - signal}"),
    };

    /// <summary>The signal that asks a container to stop: the manifest's, else its image's, else SIGTERM.</summary>
    public static int Of(Insula.Api.Core.Container container, Insula.Images.Image? image) =>
        (container.Lifecycle?.StopSignal ?? image?.Config.StopSignal) is { Length: > 0 } wanted ? Parse(wanted) ?? Terminate : Terminate;

    private static int? RealTime(string name)
    {
        var from = name.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase) ? RealTimeMin
            : name.StartsWith("RTMAX", StringComparison.OrdinalIgnoreCase) ? RealTimeMax
            : 0;
        if (from == 0)
        {
            return null;
        }

        var rest = name[5..];
        if (rest.Length == 0)
        {
            return from;
        }

        var signed = int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset) && rest[0] is '+' or '-';
        return signed && from + offset is >= RealTimeMin and <= RealTimeMax ? from + offset : null;
    }
}

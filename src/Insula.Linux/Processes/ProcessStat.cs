using System.Globalization;

namespace Insula.Linux.Processes;

/// <summary>What /proc/PID/stat says of a process; number and start time together name it for one boot.</summary>
/// <param name="Pid">The process number.</param>
/// <param name="Name">The command name, at most 15 bytes.</param>
/// <param name="State">The state's letter: R, S, D, Z, T …</param>
/// <param name="ParentPid">The parent's number.</param>
/// <param name="StartTime">When it started, in clock ticks (1/100 s) since boot.</param>
public sealed record ProcessStat(int Pid, string Name, char State, int ParentPid, ulong StartTime)
{
    /// <summary>Whether the process has ended and waits to be reaped.</summary>
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>Reads a process' line; null when there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || IsGone(exception))
        {
            return null;
        }
    }

    /// <summary>Parses the line; the command name may hold blanks and parentheses, so the last parenthesis counts.</summary>
    /// <exception cref="FormatException">It is no such line.</exception>
    public static ProcessStat Parse(string line)
    {
        var open = line.IndexOf('(', StringComparison.Ordinal);
        var close = line.LastIndexOf(')');
        if (open < 1 || close < open)
        {
            throw new FormatException($"Not a line of /proc/PID/stat: {line}");
        }

        var rest = line[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (rest.Length < 20)
        {
            throw new FormatException($"Not a line of /proc/PID/stat: {line}");
        }

        return new ProcessStat(
            int.Parse(line.AsSpan(0, open - 1), CultureInfo.InvariantCulture),
            line[(open + 1)..close],
            rest[0][0],
            int.Parse(rest[1], CultureInfo.InvariantCulture),
            ulong.Parse(rest[19], CultureInfo.InvariantCulture));
    }

    // A process that ends between open and read gives ESRCH.
    private static bool IsGone(Exception exception) => exception is IOException { HResult: (int)Errno.ESRCH };
}

using System.Globalization;
using System.Text;

namespace Insula.Linux.Mounts;

/// <summary>One line of /proc/PID/mountinfo, see proc(5).</summary>
/// <param name="Id">The mount's number.</param>
/// <param name="ParentId">The number of the mount it sits on.</param>
/// <param name="Major">Major number of its device.</param>
/// <param name="Minor">Minor number of its device.</param>
/// <param name="Root">The directory of the file system that is its root.</param>
/// <param name="Target">Where it is mounted.</param>
/// <param name="Options">Options of the mount.</param>
/// <param name="Propagation">Optional fields such as <c>shared:1</c>.</param>
/// <param name="Type">The file system's type.</param>
/// <param name="Source">The device, or what the file system calls it.</param>
/// <param name="SuperOptions">Options of the file system.</param>
public sealed record MountInfo(
    int Id,
    int ParentId,
    uint Major,
    uint Minor,
    string Root,
    string Target,
    IReadOnlyList<string> Options,
    IReadOnlyList<string> Propagation,
    string Type,
    string Source,
    IReadOnlyList<string> SuperOptions)
{
    /// <summary>The mounts of this process' mount namespace.</summary>
    public static IReadOnlyList<MountInfo> ReadSelf() => Parse(File.ReadAllText("/proc/self/mountinfo"));

    /// <summary>Parses a whole mountinfo file.</summary>
    /// <exception cref="FormatException">A line is not of that form.</exception>
    public static IReadOnlyList<MountInfo> Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine)];

    private static MountInfo ParseLine(string line)
    {
        var words = line.Split(' ');
        var dash = Array.IndexOf(words, "-", 0);
        if (dash < 6 || words.Length < dash + 4)
        {
            throw new FormatException($"Not a line of mountinfo: {line}");
        }

        var device = words[2].Split(':');
        return new MountInfo(
            int.Parse(words[0], CultureInfo.InvariantCulture),
            int.Parse(words[1], CultureInfo.InvariantCulture),
            uint.Parse(device[0], CultureInfo.InvariantCulture),
            uint.Parse(device[1], CultureInfo.InvariantCulture),
            Unescape(words[3]),
            Unescape(words[4]),
            words[5].Split(','),
            words[6..dash],
            words[dash + 1],
            Unescape(words[dash + 2]),
            words[dash + 3].Split(','));
    }

    // Blank, tab, newline and backslash are written as three octal digits; names are bytes, so decode as a whole.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var source = Encoding.UTF8.GetBytes(text);
        var result = new List<byte>(source.Length);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '\\' && i + 3 < source.Length && IsOctal(source[i + 1]) && IsOctal(source[i + 2]) && IsOctal(source[i + 3]))
            {
                result.Add((byte)(((source[i + 1] - '0') << 6) | ((source[i + 2] - '0') << 3) | (source[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Add(source[i]);
            }
        }

        return Encoding.UTF8.GetString([.. result]);
    }

    private static bool IsOctal(byte character) => character is >= (byte)'0' and <= (byte)'7';
}

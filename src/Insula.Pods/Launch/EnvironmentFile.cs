using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Pods.Launch;

/// <summary>
/// The environment a container was started with, where it came from objects that may change or go: commands run in it have the
/// same, whichever daemon runs them. In the run directory, which is memory, and readable by root alone: it may hold secrets.
/// </summary>
internal static class EnvironmentFile
{
    private const int Limit = 8 << 20;

    /// <summary>Keeps the environment of a start; the one before is forgotten.</summary>
    public static void Write(string directory, string container, int attempt, IReadOnlyList<string> lines)
    {
        using var parent = Directories.Open(directory);
        string[] words = [attempt.ToString(CultureInfo.InvariantCulture), .. lines];
        AtomicFile.Write(parent, Name(container), Encoding.UTF8.GetBytes(string.Join('\0', words)));
    }

    /// <summary>The environment of a start; null when none was kept.</summary>
    public static IReadOnlyList<string>? Read(string directory, string container, int attempt)
    {
        try
        {
            using var parent = Directories.Open(directory);
            using var file = RegularFile.TryOpen(parent, Name(container));
            var words = file is null ? [] : Encoding.UTF8.GetString(file.ReadToEnd(Limit)).Split('\0');
            return words.Length > 0 && words[0] == attempt.ToString(CultureInfo.InvariantCulture) ? words[1..] : null;
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null; // the sandbox has just gone
        }
    }

    private static string Name(string container) => $"env.{container}";
}

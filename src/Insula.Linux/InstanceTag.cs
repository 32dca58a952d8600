using System.Security.Cryptography;
using System.Text;

namespace Insula.Linux;

/// <summary>What tells several daemons on one machine apart: a tag derived from the root and run directories.</summary>
public static class InstanceTag
{
    /// <summary>The root directory of the default instance.</summary>
    public const string DefaultRoot = "/var/lib/insula";

    /// <summary>The run directory of the default instance.</summary>
    public const string DefaultRun = "/run/insula";

    /// <summary>The tag: empty for the default directories, else 6 hex digits of SHA-256 of both full paths.</summary>
    /// <param name="root">The daemon's root directory.</param>
    /// <param name="run">The daemon's run directory.</param>
    public static string From(string root, string run)
    {
        var fullRoot = Normalise(root);
        var fullRun = Normalise(run);
        if (fullRoot == DefaultRoot && fullRun == DefaultRun)
        {
            return "";
        }

        // NUL cannot occur in a path, so no two pairs of paths hash the same text.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{fullRoot}\0{fullRun}"));
        return Convert.ToHexStringLower(hash, 0, 3);
    }

    private static string Normalise(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}

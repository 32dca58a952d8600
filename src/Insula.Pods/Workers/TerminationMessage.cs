using System.Text;
using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Pods.Workers;

/// <summary>What a container left as its last words.</summary>
internal static class TerminationMessage
{
    private const int MaxBytes = 4096;
    private const int MaxFallbackBytes = 2048;
    private const int MaxFallbackLines = 80;

    /// <summary>Reads the message of an ended start; empty when there is none. Nothing in it is trusted.</summary>
    public static string Read(Container container, PodPlaces places, int attempt, int exitCode)
    {
        try
        {
            var message = ReadFile(places.Directory, PodPlaces.TerminationPath(container.Name, attempt), MaxBytes, fromEnd: false);
            if (message.Length > 0 || exitCode == 0 || container.TerminationMessagePolicy != "FallbackToLogsOnError")
            {
                return message;
            }

            var log = ReadFile(places.Directory, PodPlaces.LogPath(container.Name, attempt), MaxFallbackBytes * 4, fromEnd: true);
            var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Content).TakeLast(MaxFallbackLines);
            var text = string.Join('\n', lines);
            return text.Length <= MaxFallbackBytes ? text : text[^MaxFallbackBytes..];
        }
        catch (LinuxException)
        {
            return ""; // not there: the container never got so far, or its directory is being removed
        }
    }

    private static string ReadFile(string directory, string relative, int limit, bool fromEnd)
    {
        using var root = Directories.Open(directory);
        using var file = Directories.OpenBeneath(root, relative, fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK);
        using var stream = new FileStream(file.ProcPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (fromEnd && stream.Length > limit)
        {
            stream.Seek(-limit, SeekOrigin.End);
        }

        var buffer = new byte[limit];
        return Encoding.UTF8.GetString(buffer, 0, stream.ReadAtLeast(buffer, limit, throwOnEndOfStream: false));
    }

    // A CRI log line is: time, stream, P or F, content.
    private static string Content(string line)
    {
        var parts = line.Split(' ', 4);
        return parts.Length == 4 ? parts[3] : line;
    }
}

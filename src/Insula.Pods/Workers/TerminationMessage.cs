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

    // As much of the log as the lines may have, with what stands before each of them.
    private const int MostOfLog = MaxFallbackBytes + (MaxFallbackLines * 64);

    /// <summary>Makes the empty file of a start, which the container may write to.</summary>
    /// <returns>Its path in the pod's directory.</returns>
    public static string Create(PodPlaces places, string container, int attempt)
    {
        const uint EveryoneWrites = 0b110_110_110;
        var path = PodPlaces.TerminationPath(container, attempt);
        Remove(places, container, attempt); // of a start of this number that came to nothing
        using var pod = Directories.Open(places.Directory);
        using var file = Directories.OpenBeneath(pod, path, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_EXCL, EveryoneWrites, fcntl.RESOLVE_NO_SYMLINKS);
        Entries.ChangeMode(file, EveryoneWrites); // whatever the umask
        return path;
    }

    /// <summary>Removes the file of a start, or whatever was put in its place.</summary>
    public static void Remove(PodPlaces places, string container, int attempt)
    {
        var path = PodPlaces.TerminationPath(container, attempt);
        using var directory = RegularFile.TryOpenDirectory(places.Directory, Path.GetDirectoryName(path)!);
        if (directory is not null)
        {
            RemoveTree.Remove(directory, Path.GetFileName(path));
        }
    }

    /// <summary>The starts of a container that have a file.</summary>
    public static IReadOnlyList<int> Starts(PodPlaces places, string container)
    {
        using var directory = RegularFile.TryOpenDirectory(places.Directory, Path.GetDirectoryName(PodPlaces.TerminationPath(container, 0))!);
        return directory is null
            ? []
            : [.. Directory.EnumerateFileSystemEntries(directory.ProcPath).Select(path => PodPlaces.ParseContainerId(Path.GetFileName(path)))
                .Where(id => id?.Name == container).Select(id => id!.Value.Attempt)];
    }

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

            return Tail(ReadFile(places.Directory, PodPlaces.LogPath(container.Name, attempt), MostOfLog, fromEnd: true));
        }
        catch (LinuxException)
        {
            return ""; // cannot be read: the container has ended all the same, without last words
        }
    }

    private static string ReadFile(string podDirectory, string path, int limit, bool fromEnd)
    {
        using var directory = RegularFile.TryOpenDirectory(podDirectory, Path.GetDirectoryName(path)!);
        using var file = directory is null ? null : RegularFile.TryOpen(directory, Path.GetFileName(path));
        if (file is null)
        {
            return "";
        }

        var start = fromEnd ? Math.Max(0, Entries.Status(file).Size - limit) : 0;
        var buffer = new byte[limit];
        var length = 0;
        int count;
        while (length < limit && (count = file.ReadAt(buffer.AsSpan(length), start + length)) > 0)
        {
            length += count;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    // What the container wrote last: a line of a log is time, stream, P (the line goes on in the next) or F, content.
    private static string Tail(string log)
    {
        var lines = new List<string>();
        var goesOn = false;
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ', 4) is not [_, "stdout" or "stderr", "P" or "F", _] parts)
            {
                continue; // the rest of a line whose beginning was not read
            }

            if (goesOn)
            {
                lines[^1] += parts[3];
            }
            else
            {
                lines.Add(parts[3]);
            }

            goesOn = parts[2] == "P";
        }

        var text = string.Join('\n', lines.TakeLast(MaxFallbackLines));
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= MaxFallbackBytes)
        {
            return text;
        }

        // Not in the middle of a letter.
        var from = bytes.Length - MaxFallbackBytes;
        while (from < bytes.Length && (bytes[from] & 0xC0) == 0x80)
        {
            from++;
        }

        return Encoding.UTF8.GetString(bytes, from, bytes.Length - from);
    }
}

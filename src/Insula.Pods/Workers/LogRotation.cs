using System.Globalization;
using Insula.Linux.Files;

namespace Insula.Pods.Workers;

/// <summary>The files of one log: the current one and its rotated predecessors <c>….1</c> (the youngest), <c>….2</c>, …</summary>
internal static class LogRotation
{
    /// <summary>Whether there is any. A container that is about to start has none yet.</summary>
    public static bool Any(string podDirectory, string path)
    {
        using var directory = RegularFile.TryOpenDirectory(podDirectory, Path.GetDirectoryName(path)!);
        return directory is not null && Names(path).Any(name => Entries.Status(directory, name) is not null);
    }

    /// <summary>Removes those of a container that has ended.</summary>
    public static void Remove(string podDirectory, string path)
    {
        using var directory = RegularFile.TryOpenDirectory(podDirectory, Path.GetDirectoryName(path)!);
        if (directory is null)
        {
            return;
        }

        foreach (var name in Names(path))
        {
            RemoveTree.Remove(directory, name);
        }
    }

    /// <summary>The starts of a container that have left a log. The launcher makes it just before it runs the program: a start without one
    /// has run nothing.</summary>
    public static IReadOnlySet<int> Starts(string podDirectory, string container)
    {
        using var directory = RegularFile.TryOpenDirectory(podDirectory, Path.GetDirectoryName(PodPlaces.LogPath(container, 0))!);
        return directory is null ? new HashSet<int>() : Directory.EnumerateFileSystemEntries(directory.ProcPath).Select(StartOf).OfType<int>().ToHashSet();
    }

    // 0.log, 0.log.1, …
    private static int? StartOf(string path) =>
        int.TryParse(Path.GetFileName(path).Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : null;

    // The current one first: a rotation moves files only to higher numbers, so that whoever looks in this order meets each.
    private static IEnumerable<string> Names(string path) => Enumerable.Range(0, PodOptions.MostLogFiles)
        .Select(number => number == 0 ? Path.GetFileName(path) : string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}.{number}"));
}

namespace Insula.Pods.Workers;

/// <summary>The files of one log: the current one and its rotated predecessors <c>….1</c> (the youngest), <c>….2</c>, …</summary>
internal static class LogRotation
{
    /// <summary>The files that exist, the oldest first, the current one last.</summary>
    public static IReadOnlyList<string> Files(string current)
    {
        List<string> files = [];
        for (var number = 1; File.Exists($"{current}.{number}"); number++)
        {
            files.Add($"{current}.{number}");
        }

        files.Reverse();
        if (File.Exists(current))
        {
            files.Add(current);
        }

        return files;
    }
}

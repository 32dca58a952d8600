using System.Globalization;

namespace Insula.Store.Disk;

/// <summary>A copy of a database that is refused, so that nothing the operator tries next can lose it.</summary>
internal static class DatabaseBackup
{
    /// <summary>
    /// Copies the database and its log beside it and words the refusal. The copy's name holds the file's time of
    /// change: a service that is restarted again and again makes one copy, not many.
    /// </summary>
    public static string Refusal(string path, string label, string reason)
    {
        var stamp = File.GetLastWriteTimeUtc(path).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var copy = $"{path}.{label}-{stamp}";
        string saved;
        try
        {
            Copy(path, copy);
            Copy(path + "-wal", copy + "-wal");
            saved = $"a copy is at {copy}";
        }
        catch (IOException e)
        {
            saved = $"it could not be copied to {copy}: {e.Message}";
        }

        return $"{path} {reason}; {saved}. It was not changed. Restore an older copy in its place, or move it away to start with no objects (running pods are then stopped and removed).";
    }

    private static void Copy(string from, string to)
    {
        if (!File.Exists(from) || new FileInfo(from).Length == 0 || File.Exists(to))
        {
            return;
        }

        File.Copy(from, to);
        File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

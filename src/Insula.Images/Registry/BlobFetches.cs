using System.Collections.Concurrent;
using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Images.Registry;

/// <summary>Blobs that are being fetched, or wait to be unpacked: one that several images want at the same time comes once.</summary>
internal sealed class BlobFetches
{
    private readonly ConcurrentDictionary<string, Task<string?>> _running = new(StringComparer.Ordinal);

    /// <summary>Fetches a blob into a file, or takes it from who is fetching it already.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="path">The file; it is not there yet.</param>
    /// <param name="fetch">Fetches it into the file, and has seen by its end that it is the blob.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Whether it came by <paramref name="fetch"/>: then it is others' until <see cref="Forget"/>.</returns>
    public async Task<bool> RunAsync(string digest, string path, Func<Task> fetch, CancellationToken ct)
    {
        TaskCompletionSource<string?> mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (!_running.TryAdd(digest, mine.Task))
        {
            if (_running.TryGetValue(digest, out var others) && await others.WaitAsync(ct) is { } file && TryLink(file, path))
            {
                return false;
            }
        }

        try
        {
            await fetch();
            mine.SetResult(path);
            return true;
        }
        catch
        {
            // First the entry, so that whoever waits for it begins anew.
            _running.TryRemove(digest, out _);
            mine.SetResult(null);
            throw;
        }
    }

    /// <summary>A blob that came by a fetch goes, or is where everybody finds it.</summary>
    public void Forget(string digest) => _running.TryRemove(digest, out _);

    private static bool TryLink(string file, string path)
    {
        try
        {
            using var from = Directories.Open(Path.GetDirectoryName(file)!);
            using var to = Directories.Open(Path.GetDirectoryName(path)!);
            Entries.MakeHardLink(from, Path.GetFileName(file), to, Path.GetFileName(path));
            return true;
        }
        catch (Exception e) when (e is LinuxException or IOException)
        {
            // It went with the other's pull, which has ended.
            return false;
        }
    }
}

namespace Insula.Store.Disk;

/// <summary>
/// A file of allocated blocks that is removed when the disk is full, so that deletions, which make room, can be
/// written. It is made anew once there is room again.
/// </summary>
internal sealed class DiskReserve(string path, long bytes, TimeProvider time)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private long _nextAttempt;

    /// <summary>Frees the blocks, if there are any.</summary>
    public void Release()
    {
        File.Delete(path);
        _nextAttempt = time.GetTimestamp() + (long)(RetryInterval.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>Makes the reserve when it is missing; on a full disk it stays missing until a later attempt.</summary>
    /// <returns>Why it could not be made; null when it is there or not yet to be tried.</returns>
    public string? Ensure()
    {
        if (bytes == 0 || time.GetTimestamp() < _nextAttempt || File.Exists(path))
        {
            return null;
        }

        _nextAttempt = time.GetTimestamp() + (long)(RetryInterval.TotalSeconds * time.TimestampFrequency);
        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                PreallocationSize = bytes,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}

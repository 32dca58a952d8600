namespace Insula.Store.Writing;

/// <summary>
/// A write on its way to the writer. <paramref name="apply"/> decides on the newest version what becomes of it; it may
/// run again when the batch it was in could not be written.
/// </summary>
/// <param name="key">The object.</param>
/// <param name="durability">When the write is on disk.</param>
/// <param name="mayUseReserve">Whether the disk reserve may be spent on it.</param>
/// <param name="apply">From the newest version and the next resource version to the change; null for none.</param>
internal sealed class Operation(ObjectKey key, Durability durability, bool mayUseReserve, Func<StoredObject?, long, WatchEvent?> apply)
{
    private readonly TaskCompletionSource<StoredObject?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ObjectKey Key { get; } = key;

    public Durability Durability { get; } = durability;

    public bool MayUseReserve { get; } = mayUseReserve;

    /// <summary>The object after the write.</summary>
    public Task<StoredObject?> Completion => _completion.Task;

    /// <summary>What the caller gets once the batch is as lasting as was asked for.</summary>
    public StoredObject? Result { get; set; }

    public WatchEvent? Apply(StoredObject? current, long version) => apply(current, version);

    /// <summary>Gives the caller the result, or what stands against it.</summary>
    public void Answer(Exception? failure)
    {
        if (failure is null)
        {
            _completion.TrySetResult(Result);
        }
        else
        {
            Fail(failure);
        }
    }

    public void Fail(Exception exception) => _completion.TrySetException(exception);
}

namespace Insula.Sandbox.Exec;

/// <summary>A command the shim knows.</summary>
internal sealed class ExecEntry(string id, string containerId)
{
    public string Id { get; } = id;

    public string ContainerId { get; } = containerId;

    /// <summary>The command has ended.</summary>
    public TaskCompletionSource<ExecResult> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All it started is gone.</summary>
    public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Fail(string reason)
    {
        // Looked at, since nobody may wait for either.
        if (Ended.TrySetException(new SandboxException(reason)))
        {
            _ = Ended.Task.Exception;
        }

        if (Gone.TrySetException(new SandboxException(reason)))
        {
            _ = Gone.Task.Exception;
        }
    }
}

using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Lifecycle;

/// <summary>What is known of a sandbox's containers. Answers, events and lists may arrive in any order: an exit is never
/// forgotten and reported as news once.</summary>
internal sealed class ContainerTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private string? _failed;

    /// <summary>A copy, in the order the containers became known.</summary>
    public IReadOnlyList<ContainerState> Snapshot()
    {
        lock (_lock)
        {
            return [.. _rows.Values.Where(row => row.State is not null).Select(row => row.State!)];
        }
    }

    public ContainerState? Find(string id)
    {
        lock (_lock)
        {
            return _rows.GetValueOrDefault(id)?.State;
        }
    }

    /// <summary>Claims an id for a start.</summary>
    /// <exception cref="SandboxException">It is taken.</exception>
    public void Claim(string id)
    {
        lock (_lock)
        {
            if (!_rows.TryAdd(id, new Row()))
            {
                throw new SandboxException($"container '{id}' exists already; remove it first");
            }
        }
    }

    /// <summary>It runs, unless its exit was faster than this news: then it may have been removed, too, and is not there again.</summary>
    public ContainerState Started(string id, int pid, DateTimeOffset startedAt, ProcessUser? user)
    {
        lock (_lock)
        {
            var row = _rows.GetValueOrDefault(id);
            var state = new ContainerState(id, pid, startedAt, user, row?.State?.Exit);
            if (row is not null)
            {
                row.State = state;
            }

            return state;
        }
    }

    /// <summary>An earlier daemon started it.</summary>
    public void Found(string id, int pid, DateTimeOffset startedAt, ProcessUser? user)
    {
        lock (_lock)
        {
            var row = RowOf(id);
            row.State = new ContainerState(id, pid, startedAt, user, row.State?.Exit);
        }
    }

    /// <summary>It has ended.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Exited(string id, int pid, ContainerExit exit)
    {
        TaskCompletionSource<ContainerExit?> ended;
        lock (_lock)
        {
            var row = RowOf(id);
            if (row.State?.Exit is not null)
            {
                return false;
            }

            row.State = new ContainerState(id, pid, row.State?.StartedAt ?? exit.FinishedAt, row.State?.User, exit);
            ended = row.Ended;
        }

        ended.TrySetResult(exit);
        return true;
    }

    /// <summary>Completes when it has ended, with how, or when it is unknown, with null; fails when the shim is lost first.</summary>
    public Task<ContainerExit?> WhenEnded(string id)
    {
        lock (_lock)
        {
            if (!_rows.TryGetValue(id, out var row) || row.State is { Exit: not null })
            {
                return Task.FromResult(row?.State?.Exit);
            }

            return _failed is null ? row.Ended.Task : Task.FromException<ContainerExit?>(new SandboxException(_failed));
        }
    }

    public void Remove(string id)
    {
        TaskCompletionSource<ContainerExit?>? ended;
        lock (_lock)
        {
            _rows.Remove(id, out var row);
            ended = row?.Ended;
        }

        ended?.TrySetResult(null);
    }

    /// <summary>No more news will come.</summary>
    public void Fail(string reason)
    {
        TaskCompletionSource<ContainerExit?>[] waiting;
        lock (_lock)
        {
            _failed = reason;
            waiting = [.. _rows.Values.Select(row => row.Ended)];
        }

        foreach (var ended in waiting)
        {
            if (ended.TrySetException(new SandboxException(reason)))
            {
                // Looked at, since often nobody waits.
                _ = ended.Task.Exception;
            }
        }
    }

    private Row RowOf(string id)
    {
        if (!_rows.TryGetValue(id, out var row))
        {
            row = new Row();
            _rows.Add(id, row);
        }

        return row;
    }

    private sealed class Row
    {
        // Null between the claim and the shim's answer.
        public ContainerState? State { get; set; }

        public TaskCompletionSource<ContainerExit?> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

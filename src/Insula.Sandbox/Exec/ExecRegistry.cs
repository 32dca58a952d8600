using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Exec;

/// <summary>The commands of a sandbox that have not been forgotten by the shim. Ids are never used twice, also across
/// daemons: the numbering goes on after the highest the shim still knows.</summary>
internal sealed class ExecRegistry
{
    private const string Prefix = "exec-";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ExecEntry> _entries = new(StringComparer.Ordinal);
    private long _last;
    private string? _failed;

    /// <summary>A new command.</summary>
    /// <param name="containerId">Its container.</param>
    /// <exception cref="SandboxException">The shim is lost.</exception>
    public ExecEntry Add(string containerId)
    {
        lock (_lock)
        {
            if (_failed is not null)
            {
                throw new SandboxException(_failed);
            }

            var entry = new ExecEntry($"{Prefix}{++_last}", containerId);
            _entries.Add(entry.Id, entry);
            return entry;
        }
    }

    /// <summary>A command the shim speaks of, which may be of an earlier daemon.</summary>
    public ExecEntry FindOrAdd(string id)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(id, out var known))
            {
                return known;
            }

            if (id.StartsWith(Prefix, StringComparison.Ordinal) && long.TryParse(id.AsSpan(Prefix.Length), out var number))
            {
                _last = Math.Max(_last, number);
            }

            var entry = new ExecEntry(id, "");
            _entries.Add(id, entry);
            return entry;
        }
    }

    /// <summary>The commands of an earlier daemon.</summary>
    public IReadOnlyList<ExecEntry> Inherited()
    {
        lock (_lock)
        {
            return [.. _entries.Values.Where(entry => entry.ContainerId.Length == 0)];
        }
    }

    public void Remove(string id)
    {
        lock (_lock)
        {
            _entries.Remove(id);
        }
    }

    /// <summary>No more news will come.</summary>
    public void Fail(string reason)
    {
        ExecEntry[] waiting;
        lock (_lock)
        {
            _failed = reason;
            waiting = [.. _entries.Values];
        }

        foreach (var entry in waiting)
        {
            entry.Fail(reason);
        }
    }

    /// <summary>The shim's news of a command.</summary>
    public void Exited(ShimMessage.ExecExited news) =>
        FindOrAdd(news.ExecId).Ended.TrySetResult(
            new ExecResult(news.Signal == 0 ? news.Code : 128 + news.Signal, news.Signal, news.FinishedAt));
}

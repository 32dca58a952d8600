namespace Insulad.Services;

/// <summary>
/// Pods that are to end and to which no Service leads new connections any more: they are told to stop only then. Who waits does so for a short time,
/// since a Service that cannot be seen to must not keep a pod. May be used from any thread.
/// </summary>
internal sealed class Departures
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _left = [];
    private readonly Dictionary<string, TaskCompletionSource> _waiting = [];

    /// <summary>Waits until a pod has left, or for as long as is bearable.</summary>
    /// <param name="uid">The pod's uid.</param>
    /// <param name="ct">Gives up.</param>
    public async Task WaitAsync(string uid, CancellationToken ct)
    {
        Task left;
        lock (_lock)
        {
            if (_left.Contains(uid))
            {
                return;
            }

            if (!_waiting.TryGetValue(uid, out var waiting))
            {
                _waiting[uid] = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            left = waiting.Task;
        }

        await left.WaitAsync(s_longest, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Notes who has left, and who is gone, so that nobody can ask about them.</summary>
    public void Note(IEnumerable<string> left, IEnumerable<string> gone)
    {
        lock (_lock)
        {
            foreach (var uid in left)
            {
                _left.Add(uid);
                if (_waiting.Remove(uid, out var waiting))
                {
                    waiting.SetResult();
                }
            }

            foreach (var uid in gone)
            {
                _left.Remove(uid);
                if (_waiting.Remove(uid, out var waiting))
                {
                    waiting.SetResult();
                }
            }
        }
    }
}

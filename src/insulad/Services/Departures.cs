namespace Insulad.Services;

/// <summary>
/// Pods that are to end: to some no Service leads new connections any more, to some no port of the machine does. They are told to stop after the
/// first, and their objects go after the second. Who waits does so for a short time, since a door that cannot be shut must not keep a pod. May be
/// used from any thread.
/// </summary>
internal sealed class Departures
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Stage _services = new();
    private readonly Stage _hostPorts = new();

    /// <summary>Waits until no Service leads to a pod, or for as long as is bearable.</summary>
    /// <param name="uid">The pod's uid.</param>
    /// <param name="ct">Gives up.</param>
    public Task LeftServicesAsync(string uid, CancellationToken ct) => WaitAsync(_services, uid, ct);

    /// <summary>Waits until no port of the machine leads to a pod, or for as long as is bearable.</summary>
    /// <param name="uid">The pod's uid.</param>
    /// <param name="ct">Gives up.</param>
    public Task LeftHostPortsAsync(string uid, CancellationToken ct) => WaitAsync(_hostPorts, uid, ct);

    /// <summary>Notes who has left, and who is gone, so that nobody can ask about them.</summary>
    public void Note(Leavers leavers)
    {
        lock (_lock)
        {
            _services.Note(leavers.Services, leavers.Gone);
            _hostPorts.Note(leavers.HostPorts, leavers.Gone);
        }
    }

    private async Task WaitAsync(Stage stage, string uid, CancellationToken ct)
    {
        Task left;
        lock (_lock)
        {
            left = stage.Of(uid);
        }

        await left.WaitAsync(s_longest, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed class Stage
    {
        private readonly HashSet<string> _left = [];
        private readonly Dictionary<string, TaskCompletionSource> _waiting = [];

        public Task Of(string uid)
        {
            if (_left.Contains(uid))
            {
                return Task.CompletedTask;
            }

            if (!_waiting.TryGetValue(uid, out var waiting))
            {
                _waiting[uid] = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return waiting.Task;
        }

        public void Note(IEnumerable<string> left, IEnumerable<string> gone)
        {
            foreach (var uid in left)
            {
                _left.Add(uid);
                Release(uid);
            }

            foreach (var uid in gone)
            {
                _left.Remove(uid);
                Release(uid);
            }
        }

        private void Release(string uid)
        {
            if (_waiting.Remove(uid, out var waiting))
            {
                waiting.SetResult();
            }
        }
    }
}

using Insula.Pods.Lifecycle;

namespace Insula.Pods.Workers;

/// <summary>Lets others wait for the end of a start of a container.</summary>
internal sealed class ContainerEnds
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, int Attempt), TaskCompletionSource> _waiting = [];

    /// <summary>A task that completes when the start has ended; completed already when it has.</summary>
    public Task Of(string name, int attempt, PodObservation seen)
    {
        if (IsOver(name, attempt, seen))
        {
            return Task.CompletedTask;
        }

        lock (_lock)
        {
            if (!_waiting.TryGetValue((name, attempt), out var waiting))
            {
                _waiting[(name, attempt)] = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return waiting.Task;
        }
    }

    public void Complete(PodObservation seen)
    {
        lock (_lock)
        {
            foreach (var (key, waiting) in _waiting.Where(w => IsOver(w.Key.Name, w.Key.Attempt, seen)).ToList())
            {
                waiting.TrySetResult();
                _waiting.Remove(key);
            }
        }
    }

    public void CompleteAll()
    {
        lock (_lock)
        {
            foreach (var waiting in _waiting.Values)
            {
                waiting.TrySetResult();
            }

            _waiting.Clear();
        }
    }

    private static bool IsOver(string name, int attempt, PodObservation seen)
    {
        var container = seen.Container(name);
        return container.Attempt > attempt || (container.Attempt == attempt && container.Stage is ContainerStage.Exited or ContainerStage.Refused);
    }
}

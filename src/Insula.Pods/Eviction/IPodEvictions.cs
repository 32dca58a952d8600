namespace Insula.Pods.Eviction;

/// <summary>What is done to pods when the machine is short of something.</summary>
public interface IPodEvictions
{
    /// <summary>Waits for pods whose eviction is under way, whoever ordered it and for what; of each for half a minute beyond its grace at most.</summary>
    /// <param name="hurry">Whether those that have a longer grace than a hard threshold gives are to end at once.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Whether there were any.</returns>
    Task<bool> SettleAsync(bool hurry, CancellationToken ct);

    /// <summary>The pods that run or hold something, with what they use of what is short; not those whose eviction is under way. For a signal of the disk all they have written is measured.</summary>
    /// <param name="signal">What is short.</param>
    /// <param name="ct">Gives up.</param>
    Task<IReadOnlyList<EvictionCandidate>> ReadCandidatesAsync(EvictionSignal signal, CancellationToken ct);

    /// <summary>Evicts a pod, and waits until it holds nothing any more, or for half a minute beyond its grace.</summary>
    /// <param name="uid">The pod.</param>
    /// <param name="signal">What is short.</param>
    /// <param name="message">Why, for people.</param>
    /// <param name="grace">How long it has at most; null for no longer than for a hard threshold.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when it is not through yet.</returns>
    /// <exception cref="Store.StoreException">It could not be recorded, and nothing was done.</exception>
    Task<bool> EvictAsync(string uid, EvictionSignal signal, string message, TimeSpan? grace, CancellationToken ct);

    /// <summary>Removes from the disk what no container will use again: volumes and logs of pods that have ended, and logs of containers' earlier starts.</summary>
    /// <param name="ct">Gives up between two pods.</param>
    Task CollectAsync(CancellationToken ct);
}

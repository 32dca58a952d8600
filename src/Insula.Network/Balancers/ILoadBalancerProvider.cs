namespace Insula.Network.Balancers;

/// <summary>
/// Gives Services of the type LoadBalancer a way in. May be asked from any thread, of several Services at a time; of one Service one thing at a
/// time. Everything may be asked again after a daemon that died in the middle, and then does no more than is left to do.
/// </summary>
public interface ILoadBalancerProvider
{
    /// <summary>Sees to it that a Service has its way in. One that has it keeps it.</summary>
    /// <exception cref="NetworkException">It could not be done, and the next attempt may be luckier.</exception>
    Task<BalancerAnswer> EnsureAsync(BalancerRequest request, CancellationToken ct);

    /// <summary>The same for a Service that has it, and was changed.</summary>
    /// <exception cref="NetworkException">It could not be done, and the next attempt may be luckier.</exception>
    Task<BalancerAnswer> UpdateAsync(BalancerRequest request, CancellationToken ct);

    /// <summary>Takes it away, if it is there.</summary>
    /// <exception cref="NetworkException">It could not be done, and the next attempt may be luckier.</exception>
    Task DeleteAsync(BalancerName name, CancellationToken ct);

    /// <summary>All Services that have one, whether they are still there or not.</summary>
    /// <exception cref="NetworkException">It cannot be told now.</exception>
    Task<IReadOnlyList<BalancerName>> ListAsync(CancellationToken ct);
}

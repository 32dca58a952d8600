namespace Insula.Network.Services;

/// <summary>Leads connections from frontends to targets. May be called from any thread, by one at a time.</summary>
public interface IServicePlane
{
    /// <summary>Makes frontends lead where they should; the frontends of one owner in one step.</summary>
    /// <param name="changes">By owner, a Service's or a pod's name: its frontends; none when it has none any more.</param>
    /// <param name="whole">Whether these are all owners there are: whatever else there is goes.</param>
    /// <param name="ct">Ends the waiting, not the work begun in the kernel.</param>
    /// <exception cref="NetworkException">The kernel refused it; the next call looks at everything anew.</exception>
    Task ApplyAsync(IReadOnlyDictionary<string, IReadOnlyList<FrontendTargets>> changes, bool whole, CancellationToken ct);
}

namespace Insula.Network.Policies;

/// <summary>Keeps the kernel's rules as NetworkPolicies and pods want them. All members may be called from any thread; failures are <see cref="NetworkException"/>.</summary>
public interface IPolicyPlane
{
    /// <summary>Completes with the first whole <see cref="ApplyAsync"/>: before it nobody knows what holds, and no container may start.</summary>
    Task Loaded { get; }

    /// <summary>Puts all that holds for a connected pod in place; before <see cref="Loaded"/>, what an earlier daemon put into the kernel holds.</summary>
    /// <param name="sandboxId">Its sandbox.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="ct">Ends the waiting.</param>
    Task AdmitAsync(string sandboxId, PolicyPod pod, CancellationToken ct);

    /// <summary>Forgets a pod that is disconnected. An unknown one is nothing to do.</summary>
    Task ForgetAsync(string sandboxId, CancellationToken ct);

    /// <summary>Makes changes, as one transaction.</summary>
    /// <param name="changes">What changed; with <paramref name="whole"/>, all there is.</param>
    /// <param name="whole">Whether policies and namespaces that are not named are gone, and the kernel's rules are to be written anew.</param>
    /// <param name="ct">Ends the waiting.</param>
    Task ApplyAsync(PolicyChanges changes, bool whole, CancellationToken ct);
}

using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Pods.Resizing;

/// <summary>
/// What the machine has set aside for the containers of a pod, by their names: what its specification said when it got its place, and what was granted since
/// (KEP-1287). Containers are started with it, whatever the specification says meanwhile.
/// </summary>
internal static class Allocation
{
    /// <summary>What a specification wants. Ephemeral containers have nothing of their own.</summary>
    public static IReadOnlyDictionary<string, ResourceRequirements> Of(PodSpec spec) =>
        spec.InitContainers.Concat(spec.Containers).ToDictionary(c => c.Name, c => c.Resources);

    /// <summary>The specification with what is set aside; as it is where nothing was.</summary>
    public static PodSpec Apply(PodSpec spec, IReadOnlyDictionary<string, ResourceRequirements>? allocated) =>
        allocated is null ? spec : PodResources.With(spec, name => allocated.GetValueOrDefault(name));

    /// <summary>The pod with what is set aside.</summary>
    public static Pod Apply(Pod pod, IReadOnlyDictionary<string, ResourceRequirements>? allocated) => pod with { Spec = Apply(pod.Spec, allocated) };

    /// <summary>
    /// What the written status says is set aside. It tells requests alone: where those are what the specification wants, its limits were granted with them;
    /// where they are not, the limits are those in force. A pod whose status tells nothing was never changed.
    /// </summary>
    public static IReadOnlyDictionary<string, ResourceRequirements> OfStatus(Pod pod)
    {
        var wanted = Of(pod.Spec);
        var told = Statuses(pod);
        return wanted.All(w => !told.TryGetValue(w.Key, out var status) || PodResources.AreSame(status.AllocatedResources, w.Value.Requests))
            ? wanted
            : wanted.ToDictionary(w => w.Key, w => told.TryGetValue(w.Key, out var status) ? w.Value with { Requests = status.AllocatedResources, Limits = status.Resources!.Limits } : w.Value);
    }

    /// <summary>What the written status says is in force.</summary>
    public static IReadOnlyDictionary<string, ResourceRequirements> InForce(Pod pod)
    {
        var told = Statuses(pod);
        return Of(pod.Spec).ToDictionary(w => w.Key, w => told.TryGetValue(w.Key, out var status) ? status.Resources! : w.Value);
    }

    /// <summary>Whether all containers have the same.</summary>
    public static bool AreSame(IReadOnlyDictionary<string, ResourceRequirements> one, IReadOnlyDictionary<string, ResourceRequirements> other) =>
        one.Count == other.Count && one.All(o => other.TryGetValue(o.Key, out var there) && AreSame(o.Value, there));

    /// <summary>Whether two amounts are the same, in all that can change.</summary>
    public static bool AreSame(ResourceRequirements one, ResourceRequirements other) => GroupLimits.Resources.All(r => AreSame(one, other, r));

    /// <summary>Whether two amounts of a resource are the same.</summary>
    public static bool AreSame(ResourceRequirements one, ResourceRequirements other, string resource) =>
        PodResources.AreSame(one.Requests, other.Requests, resource) && PodResources.AreSame(one.Limits, other.Limits, resource);

    /// <summary>The same amounts, but for a resource, which is as in others.</summary>
    public static ResourceRequirements With(ResourceRequirements amounts, string resource, ResourceRequirements other) => amounts with
    {
        Requests = With(amounts.Requests, resource, other.Requests),
        Limits = With(amounts.Limits, resource, other.Limits),
    };

    private static Dictionary<string, Quantity> With(
        IReadOnlyDictionary<string, Quantity> amounts, string resource, IReadOnlyDictionary<string, Quantity> other)
    {
        // In the order that is there: what is written of it changes only when an amount does.
        var changed = amounts.ToDictionary();
        if (other.TryGetValue(resource, out var amount))
        {
            changed[resource] = amount;
        }
        else
        {
            changed.Remove(resource);
        }

        return changed;
    }

    private static Dictionary<string, ContainerStatus> Statuses(Pod pod) =>
        pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Where(s => s.Resources is not null).ToDictionary(s => s.Name);
}

using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;
using Insula.Api.Storage;

namespace Insula.Api.Quotas;

/// <summary>What an object uses of what quotas can limit.</summary>
/// <param name="Pod">The pod, for scopes; null for an object of another kind.</param>
/// <param name="Amounts">Thousandths of cpu, else units; what is not named is 0.</param>
public sealed record QuotaUsage(Pod? Pod, IReadOnlyDictionary<string, long> Amounts)
{
    private static readonly Dictionary<string, long> s_nothing = [];

    /// <summary>Of an object.</summary>
    /// <param name="resource">Its kind as the store names it.</param>
    /// <param name="json">The object, as UTF-8 JSON.</param>
    public static QuotaUsage Of(string resource, ReadOnlySpan<byte> json)
    {
        var amounts = new Dictionary<string, long> { [QuotaResources.CountPrefix + resource] = 1 };
        Pod? pod = null;
        switch (resource)
        {
            case "pods":
                pod = ApiJson.Read<Pod>(json);
                OfPod(amounts, pod);
                break;
            case "services":
                amounts[resource] = 1;
                OfService(amounts, ApiJson.Read<Service>(json).Spec);
                break;
            case "persistentvolumeclaims":
                amounts[resource] = 1;
                OfClaim(amounts, ApiJson.Read<PersistentVolumeClaim>(json));
                break;
            default:
                amounts[resource] = 1;
                break;
        }

        return new QuotaUsage(pod, amounts);
    }

    /// <summary>What of it a quota limits; empty when it is not about the object.</summary>
    public IReadOnlyDictionary<string, long> Under(ResourceQuotaSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return !QuotaScopes.Include(spec, Pod) ? s_nothing : Amounts.Where(a => spec.Hard.ContainsKey(a.Key)).ToDictionary();
    }

    // A pod that has ended holds nothing but its object.
    private static void OfPod(Dictionary<string, long> amounts, Pod pod)
    {
        if (pod.Status.Phase is PodPhases.Succeeded or PodPhases.Failed)
        {
            return;
        }

        amounts["pods"] = 1;
        foreach (var name in (string[])["cpu", "memory", PodResources.EphemeralStorage])
        {
            amounts[name] = amounts["requests." + name] = PodResources.Counted(pod, name);
            amounts["limits." + name] = PodResources.Limited(pod.Spec, name);
        }

        foreach (var name in HugePages.NamesIn(pod.Spec))
        {
            amounts[name] = amounts["requests." + name] = PodResources.Requested(pod.Spec, name);
        }
    }

    private static void OfService(Dictionary<string, long> amounts, ServiceSpec spec)
    {
        amounts["services.nodeports"] = spec.Type switch
        {
            ServiceTypeNames.NodePort => spec.Ports.Count,
            ServiceTypeNames.LoadBalancer => spec.Ports.Count(p => p.NodePort is > 0),
            _ => 0,
        };
        amounts["services.loadbalancers"] = spec.Type == ServiceTypeNames.LoadBalancer ? 1 : 0;
    }

    private static void OfClaim(Dictionary<string, long> amounts, PersistentVolumeClaim claim)
    {
        var storage = PodResources.Amount(claim.Spec.Resources.Requests, "storage") ?? 0;
        amounts["requests.storage"] = storage;
        if (ClassNames.Of(claim) is { Length: > 0 } name)
        {
            amounts[name + QuotaResources.ClassInfix + "requests.storage"] = storage;
            amounts[name + QuotaResources.ClassInfix + "persistentvolumeclaims"] = 1;
        }
    }
}

using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>The quality-of-service class, computed as Kubernetes does from the requests and limits of all containers.</summary>
public static class PodQos
{
    private static readonly string[] Counted = ["cpu", "memory"];

    /// <summary>The class of a pod.</summary>
    public static string Of(PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var all = spec.InitContainers.Concat(spec.Containers).Select(c => c.Resources).ToList();
        if (spec.Resources is { } podLevel && (Any(podLevel.Limits) || Any(podLevel.Requests)))
        {
            all = [podLevel];
        }

        var anything = false;
        var guaranteed = true;
        foreach (var resources in all)
        {
            anything |= Any(resources.Limits) || Any(resources.Requests);
            foreach (var name in Counted)
            {
                // A request that is not written is the limit's.
                guaranteed &= resources.Limits.TryGetValue(name, out var limit) && !limit.IsZero
                    && (!resources.Requests.TryGetValue(name, out var request) || request == limit);
            }
        }

        return !anything ? QosClasses.BestEffort : guaranteed ? QosClasses.Guaranteed : QosClasses.Burstable;

        static bool Any(IReadOnlyDictionary<string, Quantity> list) =>
            Counted.Any(name => list.TryGetValue(name, out var quantity) && !quantity.IsZero);
    }

    /// <summary>The class's directory in the cgroup tree.</summary>
    public static string Directory(string qosClass) => qosClass switch
    {
        QosClasses.Guaranteed => "guaranteed",
        QosClasses.Burstable => "burstable",
        _ => "besteffort",
    };
}

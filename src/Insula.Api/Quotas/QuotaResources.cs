using Insula.Api.Kinds;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Api.Quotas;

/// <summary>Names of what a quota can limit, and whose they are.</summary>
public static class QuotaResources
{
    /// <summary>Before a resource in the plural: <c>count/deployments.apps</c>.</summary>
    public const string CountPrefix = "count/";

    /// <summary>After the name of a StorageClass: <c>local.storageclass.storage.k8s.io/requests.storage</c>.</summary>
    public const string ClassInfix = ".storageclass.storage.k8s.io/";

    private const string EphemeralStorage = PodResources.EphemeralStorage;
    private const string Pods = "pods";
    private const string Services = "services";
    private const string Requests = "requests.";
    private const string Claims = "persistentvolumeclaims";

    private static readonly HashSet<string> s_ofPods = [Pods, "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory", EphemeralStorage, "requests." + EphemeralStorage, "limits." + EphemeralStorage];
    private static readonly HashSet<string> s_counted = ["configmaps", "secrets", "replicationcontrollers", "resourcequotas"];

    /// <summary>The kind of object that uses a resource, as the store names it (<c>pods</c>, <c>deployments.apps</c>); null when a quota cannot limit it.</summary>
    public static string? UserOf(string resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (resource.StartsWith(CountPrefix, StringComparison.Ordinal))
        {
            var name = resource[CountPrefix.Length..];
            return KindTable.All.Any(k => k is { Namespaced: true, Support: not KindSupport.Refused } && k.QualifiedPlural == name) ? name : null;
        }

        if (resource.IndexOf(ClassInfix, StringComparison.Ordinal) is > 0 and var at)
        {
            return resource[(at + ClassInfix.Length)..] is "requests.storage" or Claims ? Claims : null;
        }

        return s_ofPods.Contains(resource) || HugePages.SizeOf(OfHugePages(resource)) is not null ? Pods
            : resource is Services or "services.nodeports" or "services.loadbalancers" ? Services
            : resource is Claims or "requests.storage" ? Claims
            : s_counted.Contains(resource) ? resource
            : null;
    }

    /// <summary>Whether every container must say how much of a resource it wants, since it is limited.</summary>
    public static bool MustBeSaid(string resource) => resource != Pods && s_ofPods.Contains(resource) && !IsOfDisk(resource);

    /// <summary>Whether it is measured in thousandths.</summary>
    public static bool IsCpu(string resource) => resource is "cpu" or "requests.cpu" or "limits.cpu";

    /// <summary>Whether it is measured in bytes.</summary>
    public static bool IsBytes(string resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource is "memory" or "requests.memory" or "limits.memory" || IsOfDisk(resource) || HugePages.Is(OfHugePages(resource)) || resource.EndsWith("requests.storage", StringComparison.Ordinal);
    }

    /// <summary>An amount as a number: thousandths of cpu, else units.</summary>
    public static long Amount(string resource, Quantity quantity) => IsCpu(resource) ? quantity.MilliValue : quantity.Value;

    // Both hugepages-2Mi and requests.hugepages-2Mi; what is requested is the limit, and so there is no name for that.
    private static string OfHugePages(string resource) => resource.StartsWith(Requests, StringComparison.Ordinal) ? resource[Requests.Length..] : resource;

    private static bool IsOfDisk(string resource) => resource.EndsWith(EphemeralStorage, StringComparison.Ordinal);

    /// <summary>The reverse.</summary>
    public static Quantity Quantity(string resource, long amount) => IsCpu(resource)
        ? Values.Quantity.FromMilli(amount) : Values.Quantity.FromUnits(amount, IsBytes(resource) ? QuantityFormat.BinarySI : QuantityFormat.DecimalSI);
}

using Insula.Api.Kinds;

namespace Insulad.Http.Strategies;

/// <summary>The strategies of all kinds that are served.</summary>
internal static class StrategyTable
{
    public static IReadOnlyList<ResourceStrategy> All { get; } = [.. KindTable.All.Where(k => k.Support != KindSupport.Refused).Select(Create)];

    /// <summary>The strategy of a resource in a path; null when there is none.</summary>
    public static ResourceStrategy? Find(string group, string version, string plural) =>
        All.FirstOrDefault(s => s.Kind.Plural == plural && s.Kind.Group == group && s.Kind.Version == version);

    private static ResourceStrategy Create(KindInfo kind) => (kind.Group, kind.Plural) switch
    {
        ("", "pods") => new PodStrategy(kind),
        ("", "events") => new EventStrategy(kind),
        ("", "namespaces") => new NamespaceStrategy(kind),
        ("", "configmaps") => new ConfigMapStrategy(kind),
        ("", "secrets") => new SecretStrategy(kind),
        ("", "services") => new ServiceStrategy(kind),
        ("", "endpoints") => new EndpointsStrategy(kind),
        ("discovery.k8s.io", "endpointslices") => new EndpointSliceStrategy(kind),
        ("networking.k8s.io", "networkpolicies") => new NetworkPolicyStrategy(kind),
        _ => new StoredStrategy(kind),
    };
}

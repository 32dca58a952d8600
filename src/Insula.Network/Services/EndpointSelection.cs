using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>Which pods are endpoints of a Service, and in which state (as Kubernetes' EndpointSlice controller has it). Pure.</summary>
public static class EndpointSelection
{
    /// <summary>Whether a Service leads to a pod: all labels of its selector are the pod's. A Service without a selector leads to none.</summary>
    public static bool Selects(Service service, PodFacts pod)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pod);
        return service.Spec.Selector.Count > 0
            && service.Spec.Type != ServiceTypeNames.ExternalName
            && pod.Namespace == service.Metadata.Namespace
            && service.Spec.Selector.All(l => pod.Labels.TryGetValue(l.Key, out var value) && value == l.Value);
    }

    /// <summary>
    /// The endpoints of a Service among these pods, one for each of its families that a pod has an address of, in groups of one family with the same
    /// ports: a named port may be another number in each pod.
    /// </summary>
    public static IReadOnlyList<PortedEndpoints> Select(Service service, IEnumerable<PodFacts> pods)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pods);
        var chosen = pods.Where(p => Selects(service, p)).OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
        return [.. service.Spec.Families.SelectMany(family => Select(service, chosen, family))];
    }

    private static IEnumerable<PortedEndpoints> Select(Service service, IEnumerable<PodFacts> pods, string family)
    {
        var groups = new SortedDictionary<string, (IReadOnlyList<EndpointPort> Ports, List<Endpoint> Endpoints)>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            if (pod.AddressOf(family) is not { } address)
            {
                continue;
            }

            var ports = PortsOf(service, pod);
            if (ports.Count == 0 && service.Spec.Ports.Count > 0)
            {
                // It has none of the ports that the Service asks for by name.
                continue;
            }

            var key = string.Join(' ', ports.Select(p => $"{p.Name}/{p.Protocol}/{p.Port}/{p.AppProtocol}"));
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = (ports, []);
            }

            group.Endpoints.Add(One(service, pod, address));
        }

        return groups.Values.Select(g => new PortedEndpoints(family, g.Ports, g.Endpoints));
    }

    private static Endpoint One(Service service, PodFacts pod, string address) => new()
    {
        Addresses = [address],
        Conditions = new()
        {
            Ready = service.Spec.PublishNotReadyAddresses || (pod.Ready && !pod.Terminating),
            Serving = pod.Ready,
            Terminating = pod.Terminating,
        },
        Hostname = pod.Subdomain == service.Metadata.Name && !string.IsNullOrEmpty(pod.Hostname) ? pod.Hostname : null,
        NodeName = pod.NodeName,
        TargetRef = new() { Kind = "Pod", Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Uid },
    };

    private static List<EndpointPort> PortsOf(Service service, PodFacts pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec.Ports)
        {
            var protocol = port.Protocol ?? Protocols.TCP;
            int? number = port.TargetPort switch
            {
                null => port.Port,
                { IsText: true } named => pod.Ports.Where(p => p.Name == named.Text && p.Protocol == protocol).Select(p => (int?)p.Port).FirstOrDefault(),
                { } given => given.Number,
            };
            if (number is { } known)
            {
                ports.Add(new() { Name = port.Name ?? "", Port = known, Protocol = protocol, AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }
}

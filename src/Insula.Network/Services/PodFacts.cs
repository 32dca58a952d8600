using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>What Services have to know of a pod. Two are equal when no Service could tell them apart.</summary>
public sealed class PodFacts : IEquatable<PodFacts>
{
    private PodFacts()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its uid.</summary>
    public required string Uid { get; init; }

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Its IPv4 address; null as long as it has none, and when it has ended or is to end and nothing of it runs any more.</summary>
    public string? Address { get; init; }

    /// <summary>The same of IPv6.</summary>
    public string? AddressV6 { get; init; }

    /// <summary>Whether its condition Ready is True.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether it has been asked to end.</summary>
    public bool Terminating { get; init; }

    /// <summary>The machine.</summary>
    public string? NodeName { get; init; }

    /// <summary>Its name below a headless Service's, when it has one: spec.hostname, if spec.subdomain names the Service.</summary>
    public string? Hostname { get; init; }

    /// <summary>spec.subdomain.</summary>
    public string? Subdomain { get; init; }

    /// <summary>Its containers' named ports.</summary>
    public required IReadOnlyList<(string Name, string Protocol, int Port)> Ports { get; init; }

    /// <summary>Ports of the machine that lead to it; none when it is on the machine's network itself. HostIP is null for all addresses; 0.0.0.0 and :: are all of their families.</summary>
    public required IReadOnlyList<(string? HostIP, string Protocol, int HostPort, int Port)> HostPorts { get; init; }

    /// <summary>Its address of a family; null when it has none.</summary>
    public string? AddressOf(string family) => family == IPFamilies.IPv6 ? AddressV6 : Address;

    /// <summary>Reads a pod.</summary>
    public static PodFacts Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var terminating = pod.Metadata.DeletionTimestamp is not null;
        var ended = pod.Status.Phase is PodPhases.Succeeded or PodPhases.Failed || (terminating && !Runs(pod.Status));
        return new()
        {
            Name = pod.Metadata.Name,
            Uid = pod.Metadata.Uid ?? "",
            Namespace = pod.Metadata.Namespace ?? "",
            Labels = pod.Metadata.Labels,
            Address = ended ? null : AddressOf(pod.Status, IPFamilies.IPv4),
            AddressV6 = ended ? null : AddressOf(pod.Status, IPFamilies.IPv6),
            Ready = pod.Status.Conditions.Any(c => c.Type == PodConditionTypes.Ready && c.Status == ConditionStatuses.True),
            Terminating = terminating,
            NodeName = pod.Spec.NodeName,
            Hostname = pod.Spec.Hostname,
            Subdomain = pod.Spec.Subdomain,

            // Only containers that go on can listen: of the init containers the sidecars.
            Ports = [.. pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == RestartPolicies.Always))
                .SelectMany(c => c.Ports).Where(p => !string.IsNullOrEmpty(p.Name)).Select(p => (p.Name!, p.Protocol ?? Protocols.TCP, p.Port))],
            HostPorts = pod.Spec.HostNetwork ? [] :
            [
                .. pod.Spec.InitContainers.Concat(pod.Spec.Containers).SelectMany(c => c.Ports).Where(p => p.HostPort is > 0)
                    .Select(p => (string.IsNullOrEmpty(p.HostIP) ? null : p.HostIP, p.Protocol ?? Protocols.TCP, p.HostPort!.Value, p.Port)).Distinct(),
            ],
        };
    }

    private static string? AddressOf(PodStatus status, string family) =>
        status.PodIPs.Select(p => p.Ip).Prepend(status.PodIP).FirstOrDefault(ip => ip is not null && IPFamilies.Of(ip) == family);

    private static bool Runs(PodStatus status) =>
        status.ContainerStatuses.Concat(status.InitContainerStatuses).Concat(status.EphemeralContainerStatuses).Any(c => c.State.Running is not null);

    /// <inheritdoc/>
    public bool Equals(PodFacts? other) => other is not null
        && (Name, Uid, Namespace, Address, AddressV6, Ready, Terminating) == (other.Name, other.Uid, other.Namespace, other.Address, other.AddressV6, other.Ready, other.Terminating)
        && (NodeName, Hostname, Subdomain) == (other.NodeName, other.Hostname, other.Subdomain)
        && Ports.SequenceEqual(other.Ports) && HostPorts.SequenceEqual(other.HostPorts)
        && Labels.Count == other.Labels.Count && Labels.All(l => other.Labels.TryGetValue(l.Key, out var value) && value == l.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PodFacts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Uid, Address, Ready, Terminating);
}

using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Selectors;

namespace Insula.Network.Policies;

/// <summary>A policy, read once: whom it is about, what it allows, and the names of the sets that say who its peers are just now.</summary>
internal sealed class Policy
{
    private const string PeersPrefix = "peers_";
    private const string PortsPrefix = "ports_";

    private readonly LabelSelector _pods;
    private readonly IReadOnlyList<PolicyRule>? _in;
    private readonly IReadOnlyList<PolicyRule>? _out;

    /// <summary>Reads a policy.</summary>
    /// <param name="number">Its number, which no other has and none has had: its sets and chains are named by it.</param>
    /// <param name="policy">The policy, validated.</param>
    public Policy(int number, NetworkPolicy policy)
    {
        Number = number;
        Namespace = policy.Metadata.Namespace ?? "";
        NetworkPolicySpec spec = policy.Spec;
        _pods = spec.PodSelector.ToSelector();
        _in = spec.PolicyTypes.Contains(PolicyTypeNames.Ingress) ? [.. spec.Ingress.Select(r => PolicyRule.Of(r, r.From, Namespace))] : null;
        _out = spec.PolicyTypes.Contains(PolicyTypeNames.Egress) ? [.. spec.Egress.Select(r => PolicyRule.Of(r, r.To, Namespace))] : null;
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>The namespace whose pods it can be about.</summary>
    public string Namespace { get; }

    /// <summary>Whether a set is one of a policy.</summary>
    public static bool IsSet(string name) => name.StartsWith(PeersPrefix, StringComparison.Ordinal) || name.StartsWith(PortsPrefix, StringComparison.Ordinal);

    /// <summary>What it allows in a direction; null when it is not about this direction.</summary>
    public IReadOnlyList<PolicyRule>? Rules(PolicyDirection direction) => direction == PolicyDirection.In ? _in : _out;

    /// <summary>Whether it is about a pod, in a direction.</summary>
    public bool Restricts(PolicyPod pod, PolicyDirection direction) =>
        Rules(direction) is not null && pod.Facts.Namespace == Namespace && _pods.Matches(pod.Facts.Labels);

    /// <summary>The set of the addresses of a rule's peers.</summary>
    public string PeersSet(PolicyDirection direction, int rule, bool v6) => Name(PeersPrefix, direction, $"{rule}", v6);

    /// <summary>The set of what a named port of a rule stands for: port and address of each pod that can be connected to.</summary>
    public string PortsSet(PolicyDirection direction, int rule, int port, bool v6) => Name(PortsPrefix, direction, $"{rule}_{port}", v6);

    /// <summary>All its sets.</summary>
    public IEnumerable<(string Name, bool V6, bool WithPort)> Sets()
    {
        foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
        {
            IReadOnlyList<PolicyRule> rules = Rules(direction) ?? [];
            for (int r = 0; r < rules.Count; r++)
            {
                foreach (bool v6 in (bool[])[false, true])
                {
                    if (rules[r].Peers.Count > 0)
                    {
                        yield return (PeersSet(direction, r, v6), v6, WithPort: false);
                    }

                    for (int p = 0; p < rules[r].Ports.Count; p++)
                    {
                        if (rules[r].Ports[p].Name is not null)
                        {
                            yield return (PortsSet(direction, r, p, v6), v6, WithPort: true);
                        }
                    }
                }
            }
        }
    }

    /// <summary>What a pod adds to these sets, by being a peer or by what its ports are named.</summary>
    public IEnumerable<(string Set, PolicyElement Element)> ElementsOf(PolicyPod pod, IReadOnlyDictionary<string, string> namespaceLabels)
    {
        foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
        {
            IReadOnlyList<PolicyRule> rules = Rules(direction) ?? [];
            for (int r = 0; r < rules.Count; r++)
            {
                PolicyRule rule = rules[r];
                if (rule.Peers.Any(p => p.Matches(pod, namespaceLabels)))
                {
                    foreach (var address in pod.Addresses)
                    {
                        PolicyElement element = new(address);
                        yield return (PeersSet(direction, r, element.V6), element);
                    }
                }

                // The name is looked up at the end that is connected to, whoever that is.
                for (int p = 0; p < rule.Ports.Count; p++)
                {
                    foreach (ushort port in rule.Ports[p].Name is null ? [] : rule.Ports[p].NumbersIn(pod))
                    {
                        foreach (var address in pod.Addresses)
                        {
                            PolicyElement element = new(address, rule.Ports[p].Protocol, port);
                            yield return (PortsSet(direction, r, p, element.V6), element);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Whether it allows connections from the pods that it is about to a port of another pod.</summary>
    public bool AllowsTo(PolicyPod pod, IReadOnlyDictionary<string, string> namespaceLabels, byte protocol, ushort port) =>
        (_out ?? []).Any(r => (r.Anyone || r.Peers.Any(p => p.Matches(pod, namespaceLabels)) || pod.Addresses.Any(a => r.Blocks.Any(b => b.Contains(a))))
            && (r.Ports.Count == 0 || r.Ports.Any(p => p.Allows(pod, protocol, port))));

    private string Name(string prefix, PolicyDirection direction, string of, bool v6) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{Number}_{(direction == PolicyDirection.In ? "in" : "out")}_{of}{(v6 ? "_v6" : "")}");
}

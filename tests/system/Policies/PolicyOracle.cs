using System.Net;
using Insula.Api.Core;
using Insula.Api.Meta;

namespace Insula.SystemTests.Policies;

/// <summary>What NetworkPolicies mean, said as slowly and simply as the documentation of Kubernetes says it: what connections are measured against.</summary>
internal sealed class PolicyOracle(IReadOnlyList<NetworkPolicy> policies, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> namespaces)
{
    /// <summary>An end of connections. Without a namespace it is no pod.</summary>
    public sealed record End(string Name, IPAddress Address, string? Namespace = null, IReadOnlyDictionary<string, string>? Labels = null, IReadOnlyDictionary<string, int>? Ports = null)
    {
        public bool IsHost { get; init; }
    }

    public bool Allows(End client, End server, string protocol, int port)
    {
        // A pod cannot be kept from itself, nor a pod's machine from the pod.
        if (client == server || client.IsHost)
        {
            return true;
        }

        return Direction(client, PolicyTypeNames.Egress, p => p.Spec.Egress, r => r.To, server, server, protocol, port)
            && Direction(server, PolicyTypeNames.Ingress, p => p.Spec.Ingress, r => r.From, client, server, protocol, port);
    }

    private bool Direction(
        End subject, string type, Func<NetworkPolicy, IReadOnlyList<NetworkPolicyRule>> rules, Func<NetworkPolicyRule, IReadOnlyList<NetworkPolicyPeer>> peers,
        End other, End server, string protocol, int port)
    {
        if (subject.Namespace is null)
        {
            return true;
        }

        var about = policies.Where(p => p.Metadata.Namespace == subject.Namespace && p.Spec.PolicyTypes.Contains(type) && Matches(p.Spec.PodSelector, subject.Labels!)).ToList();
        return about.Count == 0 || about.Any(p => rules(p).Any(rule =>
            (peers(rule).Count == 0 || peers(rule).Any(peer => IsPeer(peer, p.Metadata.Namespace!, other)))
            && (rule.Ports.Count == 0 || rule.Ports.Any(wanted => IsPort(wanted, server, protocol, port)))));
    }

    private bool IsPeer(NetworkPolicyPeer peer, string policyNamespace, End other)
    {
        if (peer.IpBlock is { } block)
        {
            return IPNetwork.Parse(block.Cidr).Contains(other.Address) && !block.Except.Any(e => IPNetwork.Parse(e).Contains(other.Address));
        }

        if (other.Namespace is null)
        {
            return false;
        }

        var space = peer.NamespaceSelector is null ? other.Namespace == policyNamespace : Matches(peer.NamespaceSelector, namespaces[other.Namespace]);
        return space && (peer.PodSelector is null || Matches(peer.PodSelector, other.Labels!));
    }

    private static bool IsPort(NetworkPolicyPort wanted, End server, string protocol, int port)
    {
        if ((wanted.Protocol ?? "TCP") != protocol)
        {
            return false;
        }

        return wanted.Port is not { } value
            || (value.IsText
                ? server.Ports is not null && server.Ports.TryGetValue(value.Text!, out var named) && named == port
                : port >= value.Number && port <= (wanted.EndPort ?? value.Number));
    }

    private static bool Matches(LabelSelectorFields selector, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in selector.MatchLabels)
        {
            if (!labels.TryGetValue(key, out var has) || has != value)
            {
                return false;
            }
        }

        foreach (var expression in selector.MatchExpressions)
        {
            var has = labels.TryGetValue(expression.Key, out var value);
            var holds = expression.Operator switch
            {
                "In" => has && expression.Values.Contains(value),
                "NotIn" => !has || !expression.Values.Contains(value),
                "Exists" => has,
                _ => !has,
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }
}

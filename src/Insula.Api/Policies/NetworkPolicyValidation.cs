using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Selectors;
using Insula.Api.Validation;

namespace Insula.Api.Policies;

/// <summary>Checks NetworkPolicies as Kubernetes does.</summary>
public static class NetworkPolicyValidation
{
    private const int MostPort = 65535;

    /// <summary>What is wrong with one that has its defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(NetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), policy.Metadata, namespaced: true);
        var spec = at.Field("spec");
        SelectorValidation.Validate(spec.Field("podSelector"), policy.Spec.PodSelector);
        Rules(spec.Field("ingress"), "from", policy.Spec.Ingress, r => r.From);
        Rules(spec.Field("egress"), "to", policy.Spec.Egress, r => r.To);
        if (policy.Spec.PolicyTypes.Count > 2)
        {
            spec.Field("policyTypes").Invalid(string.Join(',', policy.Spec.PolicyTypes), "may not specify more than two policyTypes");
        }

        return errors;
    }

    /// <summary>Reads a range in the form that Kubernetes takes; null when it is none. Bits behind the prefix are set to zero.</summary>
    public static IPNetwork? Network(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || address.ScopeIdOrNone() != 0
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != parts[0])
            || !int.TryParse(parts[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length)
            || (parts[1].Length > 1 && parts[1][0] == '0'))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8)
        {
            return null;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff00 >> Math.Clamp(length - (i * 8), 0, 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    private static void Rules(ErrorList at, string peersName, IReadOnlyList<NetworkPolicyRule> rules, Func<NetworkPolicyRule, IReadOnlyList<NetworkPolicyPeer>> peersOf)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = at.Index(i);
            for (var j = 0; j < rules[i].Ports.Count; j++)
            {
                Port(rule.Field("ports").Index(j), rules[i].Ports[j]);
            }

            var peers = peersOf(rules[i]);
            for (var j = 0; j < peers.Count; j++)
            {
                Peer(rule.Field(peersName).Index(j), peers[j]);
            }
        }
    }

    private static void Port(ErrorList at, NetworkPolicyPort port)
    {
        if (port.Port is not { } value)
        {
            if (port.EndPort is not null)
            {
                at.Field("endPort").Invalid(port.EndPort, "may not be specified when `port` is not specified");
            }

            return;
        }

        if (value.IsText)
        {
            if (port.EndPort is not null)
            {
                at.Field("endPort").Invalid(port.EndPort, "may not be specified when `port` is non-numeric");
            }

            if (Names.PortName(value.Text!) is { } complaint)
            {
                at.Field("port").Invalid(value.Text, complaint);
            }

            return;
        }

        at.Field("port").Range(value.Number, 1, MostPort);
        if (port.EndPort < value.Number)
        {
            at.Field("endPort").Invalid(port.EndPort, "must be greater than or equal to `port`");
        }
        else
        {
            at.Field("endPort").Range(port.EndPort, 1, MostPort);
        }
    }

    private static void Peer(ErrorList at, NetworkPolicyPeer peer)
    {
        if (peer.PodSelector is null && peer.NamespaceSelector is null && peer.IpBlock is null)
        {
            at.Required("must specify a peer");
            return;
        }

        if (peer.PodSelector is { } pods)
        {
            SelectorValidation.Validate(at.Field("podSelector"), pods);
        }

        if (peer.NamespaceSelector is { } namespaces)
        {
            SelectorValidation.Validate(at.Field("namespaceSelector"), namespaces);
        }

        if (peer.IpBlock is { } block)
        {
            if (peer.PodSelector is not null || peer.NamespaceSelector is not null)
            {
                at.Forbidden("may not specify both ipBlock and another peer");
            }

            Block(at.Field("ipBlock"), block);
        }
    }

    private static void Block(ErrorList at, IPBlock block)
    {
        if (block.Cidr.Length == 0)
        {
            at.Field("cidr").Required();
            return;
        }

        if (Network(block.Cidr) is not { } whole)
        {
            at.Field("cidr").Invalid(block.Cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            return;
        }

        for (var i = 0; i < block.Except.Count; i++)
        {
            if (Network(block.Except[i]) is not { } gap)
            {
                at.Field("except").Index(i).Invalid(block.Except[i], "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
            else if (gap.PrefixLength <= whole.PrefixLength || !whole.Contains(gap.BaseAddress))
            {
                at.Field("except").Index(i).Invalid(block.Except[i], "must be a strict subset of `cidr`");
            }
        }
    }

    private static long ScopeIdOrNone(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}

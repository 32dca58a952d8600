using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.SystemTests.Policies;

/// <summary>Policies for pods a, b and c of the namespaces x, y and z: those that people write, and such as chance makes.</summary>
internal static class PolicyMaker
{
    private static readonly string[] _spaces = ["x", "y", "z"];
    private static readonly string[] _pods = ["a", "b", "c"];

    /// <summary>What documentation and cluster tests show; each entry is applied by itself.</summary>
    public static IReadOnlyList<(string Name, NetworkPolicy[] Policies)> Known { get; } =
    [
        ("deny all ingress", [Make("x", All, ingress: [])]),
        ("deny all egress", [Make("x", All, egress: [])]),
        ("deny all", [Make("x", All, [], [])]),
        ("allow all ingress", [Make("x", All, ingress: [])  , Make("x", All, ingress: [From()])]),
        ("allow all egress", [Make("x", All, egress: []), Make("x", All, egress: [To()])]),
        ("from a pod of the namespace", [Make("x", Pod("a"), ingress: [From(Pods(Pod("b")))])]),
        ("from a namespace", [Make("x", Pod("a"), ingress: [From(Spaces(Space("y")))])]),
        ("from pods and namespaces, each for itself", [Make("x", Pod("a"), ingress: [From(Spaces(Space("y")), Pods(Pod("b")))])]),
        ("from pods of namespaces", [Make("x", Pod("a"), ingress: [From(new NetworkPolicyPeer { NamespaceSelector = Space("y"), PodSelector = Pod("b") })])]),
        ("from all namespaces", [Make("x", All, ingress: [From(Spaces(All))])]),
        ("to pods of a namespace at a port", [Make("x", Pod("a"), egress: [new() { To = [Spaces(Space("z"))], Ports = [Port(80)] }])]),
        ("a named port, to be connected to", [Make("x", All, ingress: [new() { Ports = [new() { Port = new IntOrString("web") }] }])]),
        ("a named port, to connect to", [Make("x", All, egress: [new() { Ports = [new() { Port = new IntOrString("web") }] }])]),
        ("a named port of some pods", [Make("x", All, egress: [new() { To = [Pods(Pod("c"))], Ports = [new() { Port = new IntOrString("web") }] }])]),
        ("a named port in a block", [Make("x", All, egress: [new() { To = [Block("10.83.0.0/16", "10.83.0.4/30")], Ports = [new() { Port = new IntOrString("web") }] }])]),
        ("a range of ports", [Make("x", All, ingress: [new() { Ports = [new() { Port = new IntOrString(80), EndPort = 85 }] }])]),
        ("a range of UDP ports below", [Make("x", All, ingress: [new() { Ports = [new() { Protocol = "UDP", Port = new IntOrString(1), EndPort = 80 }] }])]),
        ("all of UDP", [Make("x", All, egress: [new() { Ports = [new() { Protocol = "UDP" }] }])]),
        ("outside alone", [Make("x", All, egress: [To(Block("0.0.0.0/0", "10.0.0.0/8"))])]),
        ("the pods' range but for two", [Make("x", All, ingress: [From(Block("10.83.0.0/16", "10.83.0.2/31", "10.83.0.8/32"))])]),
        ("from outside by a block", [Make("x", All, ingress: [From(Block("192.0.2.2/32"))])]),
        ("both ends", [Make("x", Pod("a"), egress: [To(Pods(Pod("b")))]), Make("x", Pod("b"), ingress: [From(Pods(Pod("c")))])]),
        ("two that add up", [Make("x", Pod("a"), ingress: [From(Pods(Pod("b")))]), Make("x", Pod("a"), ingress: [From(Spaces(Space("z")))])]),
        ("labels by expressions", [Make("x", Where("pod", "In", "a", "b"), ingress: [From(new NetworkPolicyPeer { NamespaceSelector = Where("space", "NotIn", "z"), PodSelector = Where("pod", "Exists") })])]),
        ("directions apart", [Make("y", All, ingress: []), Make("z", All, egress: [])]),
    ];

    /// <summary>One to three policies as chance has them.</summary>
    public static NetworkPolicy[] Random(Random chance) => [.. Enumerable.Range(0, chance.Next(1, 4)).Select(_ => Make(
        Pick(chance, _spaces),
        Selector(chance, "pod", _pods),
        chance.Next(3) > 0 ? Rules(chance, (peers, ports) => new NetworkPolicyRule { From = peers, Ports = ports }) : null,
        chance.Next(3) > 0 ? Rules(chance, (peers, ports) => new NetworkPolicyRule { To = peers, Ports = ports }) : null))];

    private static LabelSelectorFields All => new();

    private static NetworkPolicy Make(string space, LabelSelectorFields pods, NetworkPolicyRule[]? ingress = null, NetworkPolicyRule[]? egress = null)
    {
        var uid = Guid.NewGuid().ToString();
        return new()
        {
            Metadata = new ObjectMeta { Name = uid, Namespace = space, Uid = uid, Generation = 1 },
            Spec = new NetworkPolicySpec
            {
                PodSelector = pods,
                Ingress = ingress ?? [],
                Egress = egress ?? [],
                PolicyTypes = (ingress, egress) switch
                {
                    (null, not null) => [PolicyTypeNames.Egress],
                    (_, null) => [PolicyTypeNames.Ingress],
                    _ => [PolicyTypeNames.Ingress, PolicyTypeNames.Egress],
                },
            },
        };
    }

    private static NetworkPolicyRule From(params NetworkPolicyPeer[] peers) => new() { From = peers };

    private static NetworkPolicyRule To(params NetworkPolicyPeer[] peers) => new() { To = peers };

    private static NetworkPolicyPeer Pods(LabelSelectorFields selector) => new() { PodSelector = selector };

    private static NetworkPolicyPeer Spaces(LabelSelectorFields selector) => new() { NamespaceSelector = selector };

    private static NetworkPolicyPeer Block(string cidr, params string[] except) => new() { IpBlock = new IPBlock { Cidr = cidr, Except = except } };

    private static NetworkPolicyPort Port(int number) => new() { Port = new IntOrString(number) };

    private static LabelSelectorFields Pod(string name) => new() { MatchLabels = new Dictionary<string, string> { ["pod"] = name } };

    private static LabelSelectorFields Space(string name) => new() { MatchLabels = new Dictionary<string, string> { ["space"] = name } };

    private static LabelSelectorFields Where(string key, string operation, params string[] values) =>
        new() { MatchExpressions = [new LabelSelectorRequirement { Key = key, Operator = operation, Values = values }] };

    private static T Pick<T>(Random chance, T[] from) => from[chance.Next(from.Length)];

    private static LabelSelectorFields Selector(Random chance, string key, string[] values) => chance.Next(5) switch
    {
        0 => All,
        1 => Where(key, "NotIn", Pick(chance, values)),
        2 => Where(key, "In", Pick(chance, values), Pick(chance, values)),
        _ => new() { MatchLabels = new Dictionary<string, string> { [key] = Pick(chance, values) } },
    };

    private static NetworkPolicyRule[] Rules(Random chance, Func<NetworkPolicyPeer[], NetworkPolicyPort[], NetworkPolicyRule> make) =>
        [.. Enumerable.Range(0, chance.Next(0, 3)).Select(_ => make(
            [.. Enumerable.Range(0, chance.Next(0, 3)).Select(_ => Peer(chance))],
            [.. Enumerable.Range(0, chance.Next(0, 3)).Select(_ => AnyPort(chance))]))];

    private static NetworkPolicyPeer Peer(Random chance) => chance.Next(5) switch
    {
        0 => Pods(Selector(chance, "pod", _pods)),
        1 => Spaces(Selector(chance, "space", _spaces)),
        2 => new() { NamespaceSelector = Selector(chance, "space", _spaces), PodSelector = Selector(chance, "pod", _pods) },
        3 => Block("192.0.2.0/24", Pick(chance, ["192.0.2.1/32", "192.0.2.2/32"])),
        _ => Block("10.83.0.0/16", Pick(chance, ["10.83.0.0/30", "10.83.0.4/30", "10.83.0.8/29"])),
    };

    private static NetworkPolicyPort AnyPort(Random chance)
    {
        var protocol = Pick(chance, ["TCP", "UDP"]);
        return chance.Next(4) switch
        {
            0 => new() { Protocol = protocol },
            1 => new() { Protocol = protocol, Port = new IntOrString(Pick(chance, ["web", "other"])) },
            2 => new() { Protocol = protocol, Port = new IntOrString(80), EndPort = Pick(chance, [80, 81, 90]) },
            _ => new() { Protocol = protocol, Port = new IntOrString(Pick(chance, [80, 81])) },
        };
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Policies;

namespace Insula.Api.Tests.Policies;

public sealed class NetworkPolicyValidationTests
{
    [Theory]
    [InlineData("podSelector: {}", "")]
    [InlineData("", "")]
    [InlineData("podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}, {port: web, protocol: UDP}, {protocol: SCTP}, {port: 80, endPort: 90}]}]", "")]
    [InlineData("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: 'fd00::/8', except: ['fd00:1::/32']}}]}]", "")]
    [InlineData("policyTypes: [Egress, Ingress]", "")]
    [InlineData("policyTypes: [Outgress]", "spec.policyTypes[0]: Unsupported value: \"Outgress\"")]
    [InlineData("policyTypes: [Egress, Ingress, Egress]", "spec.policyTypes: Invalid value: \"Egress,Ingress,Egress\": may not specify more than two policyTypes")]
    [InlineData("podSelector: {matchLabels: {'a b': x}}", "spec.podSelector.matchLabels: Invalid value: \"a b\"")]
    [InlineData("podSelector: {matchExpressions: [{key: a, operator: In}]}", "spec.podSelector.matchExpressions[0]: Invalid value: \"In\": operator In of key \"a\" needs at least one value")]
    [InlineData("podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}", "takes no values")]
    [InlineData("podSelector: {matchExpressions: [{key: a b, operator: Exists}]}", "spec.podSelector.matchExpressions[0].key: Invalid value: \"a b\"")]
    [InlineData("podSelector: {matchExpressions: [{key: a, operator: In, values: [b c]}]}", "spec.podSelector.matchExpressions[0].values[0]: Invalid value: \"b c\"")]
    [InlineData("ingress: [{from: [{}]}]", "spec.ingress[0].from[0]: Required value: must specify a peer")]
    [InlineData("ingress: [{to: [{podSelector: {}}]}]", "spec.ingress[0].to: unknown field")]
    [InlineData("egress: [{from: [{podSelector: {}}]}]", "spec.egress[0].from: unknown field")]
    [InlineData("ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]", "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer")]
    [InlineData("ingress: [{from: [{ipBlock: {}}]}]", "spec.ingress[0].from[0].ipBlock.cidr: Required value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.0\": must be a valid CIDR value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", "ipBlock.cidr: Invalid value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]", "ipBlock.cidr: Invalid value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 'fe80::1%1/64'}}]}]", "ipBlock.cidr: Invalid value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/08}}]}]", "ipBlock.cidr: Invalid value")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]", "ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]", "must be a strict subset of `cidr`")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/16']}}]}]", "must be a strict subset of `cidr`")]
    [InlineData("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [x]}}]}]", "ipBlock.except[0]: Invalid value: \"x\": must be a valid CIDR value")]
    [InlineData("ingress: [{ports: [{port: 0}]}]", "spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("ingress: [{ports: [{port: No Name}]}]", "spec.ingress[0].ports[0].port: Invalid value: \"No Name\"")]
    [InlineData("ingress: [{ports: [{port: 80, protocol: ICMP}]}]", "spec.ingress[0].ports[0].protocol: Unsupported value: \"ICMP\"")]
    [InlineData("ingress: [{ports: [{endPort: 90}]}]", "endPort: Invalid value: 90: may not be specified when `port` is not specified")]
    [InlineData("ingress: [{ports: [{port: web, endPort: 90}]}]", "endPort: Invalid value: 90: may not be specified when `port` is non-numeric")]
    [InlineData("ingress: [{ports: [{port: 80, endPort: 79}]}]", "endPort: Invalid value: 79: must be greater than or equal to `port`")]
    [InlineData("ingress: [{ports: [{port: 80, endPort: 65536}]}]", "endPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    public void Policies(string spec, string expected)
    {
        var problems = Problems($"spec: {{{spec}}}");
        if (expected.Length == 0)
        {
            Assert.Equal("", problems);
        }
        else
        {
            Assert.Contains(expected, problems, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{}", "Ingress")]
    [InlineData("{\"egress\":[{}]}", "Ingress,Egress")]
    [InlineData("{\"egress\":[]}", "Ingress")]
    [InlineData("{\"egress\":[{}],\"policyTypes\":[\"Egress\"]}", "Egress")]
    public void Directions_are_those_that_have_rules(string spec, string expected)
    {
        var policy = Read($"{{\"spec\":{spec}}}");
        Assert.Equal(expected, string.Join(',', policy.Spec.PolicyTypes));
    }

    [Fact]
    public void A_port_is_one_of_TCP_and_all_defaults_survive_a_second_time()
    {
        var document = NetworkPolicyDefaults.Apply(JsonNode.Parse("""{"spec":{"ingress":[{"ports":[{"port":80},{"port":53,"protocol":"UDP"}]}]}}""")!.AsObject());
        Assert.Equal(["TCP", "UDP"], ApiJson.Read<NetworkPolicy>(document).Spec.Ingress[0].Ports.Select(p => p.Protocol));
        Assert.True(JsonNode.DeepEquals(document, NetworkPolicyDefaults.Apply(document.DeepClone().AsObject())));
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("255.255.255.255/31", "255.255.255.254/31")]
    [InlineData("fd83::1/64", "fd83::/64")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0")]
    [InlineData("1.2.3.4/+8", null)]
    [InlineData("1.2.3/8", null)]
    [InlineData("1.2.3.4/8/8", null)]
    public void Ranges_lose_the_bits_behind_their_prefix(string text, string? expected) => Assert.Equal(expected, NetworkPolicyValidation.Network(text)?.ToString());

    private static NetworkPolicy Read(string json) => ApiJson.Read<NetworkPolicy>(NetworkPolicyDefaults.Apply(JsonNode.Parse(json)!.AsObject()));

    private static string Problems(string body)
    {
        var parsed = Manifest.Parse($"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: policy, namespace: default}}\n{body}\n");
        var wrong = parsed.Problems().ToList();
        if (wrong.Count > 0)
        {
            return string.Join('\n', wrong);
        }

        var document = NetworkPolicyDefaults.Apply(parsed.Documents[0].Object.DeepClone().AsObject());
        return string.Join('\n', NetworkPolicyValidation.Validate(ApiJson.Read<NetworkPolicy>(document)).Select(e => e.ToString()));
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Services;

namespace Insula.Api.Tests.Services;

public sealed class ServiceValidationTests
{
    private const string Eighty = "ports: [{port: 80}]";

    [Theory]
    [InlineData(Eighty, "")]
    [InlineData("clusterIP: None", "")]
    [InlineData("clusterIP: None, ports: [{port: 80, targetPort: web}], selector: {app: x}", "")]
    [InlineData("type: ExternalName, externalName: example.org.", "")]
    [InlineData("type: NodePort, ports: [{port: 53, name: a, nodePort: 30053}, {port: 53, name: b, protocol: UDP, nodePort: 30053}]", "")]
    [InlineData("sessionAffinity: ClientIP, ports: [{port: 80}]", "")]
    [InlineData("", "spec.ports: Required value")]
    [InlineData("ports: [{port: 80}, {port: 81, name: b}]", "spec.ports[0].name: Required value")]
    [InlineData("ports: [{port: 80, name: a}, {port: 81, name: a}]", "spec.ports[1].name: Duplicate value: \"a\"")]
    [InlineData("ports: [{port: 80, name: a}, {port: 80, name: b}]", "spec.ports[1]: Duplicate value: \"80/TCP\"")]
    [InlineData("ports: [{port: 80, name: A}]", "spec.ports[0].name: Invalid value")]
    [InlineData("ports: [{port: 0}]", "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("ports: [{}]", "spec.ports[0].port: Required value")]
    [InlineData("ports: [{port: 80, targetPort: 65536}]", "spec.ports[0].targetPort: Invalid value: 65536")]
    [InlineData("ports: [{port: 80, targetPort: not--a-name}]", "spec.ports[0].targetPort: Invalid value: \"not--a-name\": must not contain consecutive hyphens")]
    [InlineData("ports: [{port: 80, protocol: ICMP}]", "spec.ports[0].protocol: Unsupported value: \"ICMP\"")]
    [InlineData("ports: [{port: 80, nodePort: 30000}]", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("type: NodePort, ports: [{port: 80, name: a, nodePort: 30000}, {port: 81, name: b, nodePort: 30000}]", "spec.ports[1].nodePort: Duplicate value: 30000")]
    [InlineData("type: NodePort, clusterIP: None, ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services")]
    [InlineData("clusterIP: 10.0.0.256, ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"10.0.0.256\": must be a valid IP address in its usual form, such as 10.43.0.7 or fd43::7, or 'None'")]
    [InlineData("clusterIP: 10.0.1, ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"10.0.1\"")]
    [InlineData("clusterIP: 'fd00::1', ports: [{port: 80}]", "")]
    [InlineData("clusterIP: 'FD00::1', ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"FD00::1\"")]
    [InlineData("clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2], ports: [{port: 80}]", "spec.clusterIPs: Invalid value: \"10.0.0.2\": first value must match `clusterIP`")]
    [InlineData("type: ExternalName", "spec.externalName: Required value")]
    [InlineData("type: ExternalName, externalName: 'not a name'", "spec.externalName: Invalid value")]
    [InlineData("type: ExternalName, externalName: x.org, clusterIP: 10.0.0.1", "spec.clusterIPs: Forbidden: may not be set for ExternalName services")]
    [InlineData("externalName: x.org, ports: [{port: 80}]", "spec.externalName: Forbidden: may only be set for ExternalName services")]
    [InlineData("selector: {'a b': x}, ports: [{port: 80}]", "spec.selector: Invalid value: \"a b\"")]
    [InlineData("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]", "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0")]
    [InlineData("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}, ports: [{port: 80}]", "timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400")]
    [InlineData("sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}, ports: [{port: 80}]", "spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None")]
    [InlineData("externalTrafficPolicy: Local, ports: [{port: 80}]", "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services")]
    [InlineData("allocateLoadBalancerNodePorts: true, ports: [{port: 80}]", "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'")]
    [InlineData("externalIPs: [1.2.3.4], ports: [{port: 80}]", "spec.externalIPs: not supported: any Service could take connections that are meant for others")]
    [InlineData("type: LoadBalancer, loadBalancerSourceRanges: [1.2.3.4/32, '2001:db8::/64'], loadBalancerClass: example.org/ours, ports: [{port: 80}]", "")]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30100, ports: [{port: 80, nodePort: 30080}]", "")]
    [InlineData("loadBalancerSourceRanges: [1.2.3.4/32], ports: [{port: 80}]", "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'")]
    [InlineData("type: LoadBalancer, loadBalancerSourceRanges: [1.2.3.4], ports: [{port: 80}]", "spec.loadBalancerSourceRanges[0]: Invalid value: \"1.2.3.4\": must be a valid CIDR value")]
    [InlineData("type: NodePort, loadBalancerClass: a/b, ports: [{port: 80}]", "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'")]
    [InlineData("type: LoadBalancer, loadBalancerClass: 'a b', ports: [{port: 80}]", "spec.loadBalancerClass: Invalid value: \"a b\"")]
    [InlineData("type: LoadBalancer, loadBalancerClass: insula.dev/cloud, ports: [{port: 80}]", "spec.loadBalancerClass: Invalid value: \"insula.dev/cloud\": is none of the daemon's")]
    [InlineData("type: LoadBalancer, healthCheckNodePort: 30100, ports: [{port: 80}]", "spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 70000, ports: [{port: 80}]", "spec.healthCheckNodePort: Invalid value: 70000")]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30080, ports: [{port: 80, nodePort: 30080}]", "spec.ports[0].nodePort: Invalid value: 30080: is the `healthCheckNodePort`")]
    [InlineData("ipFamilies: [IPv6], ports: [{port: 80}]", "")]
    [InlineData("ipFamilies: [IPv5], ports: [{port: 80}]", "spec.ipFamilies[0]: Unsupported value: \"IPv5\"")]
    [InlineData("ipFamilies: [IPv6, IPv6], ports: [{port: 80}]", "spec.ipFamilies[1]: Duplicate value: \"IPv6\"")]
    [InlineData("ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]", "")]
    [InlineData("ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6], ports: [{port: 80}]", "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": may be 'RequireDualStack' or 'PreferDualStack' when there are two families")]
    [InlineData("clusterIPs: [10.0.0.1, 'fd00::1'], ports: [{port: 80}]", "")]
    [InlineData("clusterIPs: [10.0.0.1, 'fd00::1', 10.0.0.2], ports: [{port: 80}]", "spec.clusterIPs: Invalid value: \"10.0.0.1,fd00::1,10.0.0.2\": may only hold up to 2 addresses, one of each family")]
    [InlineData("clusterIPs: [10.0.0.1, 10.0.0.2], ports: [{port: 80}]", "spec.clusterIPs: Invalid value: \"10.0.0.1,10.0.0.2\": may hold one address of each family")]
    [InlineData("clusterIPs: [None, 'fd00::1'], ports: [{port: 80}]", "spec.clusterIPs: Invalid value: \"None,fd00::1\": 'None' must be the first and only value")]
    [InlineData("clusterIP: 10.0.0.1, ipFamilies: [IPv6], ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"10.0.0.1\": expected an IPv6 value as indicated by `ipFamilies[0]`")]
    [InlineData("clusterIP: '::ffff:10.0.0.1', ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"::ffff:10.0.0.1\"")]
    [InlineData("clusterIP: 'fe80::1%3', ports: [{port: 80}]", "spec.clusterIPs[0]: Invalid value: \"fe80::1%3\"")]
    [InlineData("prots: []", "spec.prots: unknown field, did you mean \"ports\"?")]
    public void Services(string spec, string expected) => Check(expected, Problems("Service", "svc", $"spec: {{{spec}}}"));

    [Theory]
    [InlineData("1st", "metadata.name: Invalid value: \"1st\": a DNS-1035 label must consist of")]
    [InlineData("a.b", "metadata.name: Invalid value: \"a.b\"")]
    public void Names_are_labels_that_begin_with_a_letter(string name, string expected) => Check(expected, Problems("Service", name, $"spec: {{{Eighty}}}"));

    [Theory]
    [InlineData("subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}]}]", "")]
    [InlineData("subsets: [{ports: [{port: 80}]}]", "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`")]
    [InlineData("subsets: [{addresses: [{ip: 127.0.0.1}]}]", "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range")]
    [InlineData("subsets: [{addresses: [{ip: 169.254.1.1}]}]", "may not be in the link-local range")]
    [InlineData("subsets: [{notReadyAddresses: [{ip: 224.0.0.1}]}]", "subsets[0].notReadyAddresses[0].ip: Invalid value: \"224.0.0.1\": may not be in the multicast range")]
    [InlineData("subsets: [{addresses: [{ip: 0.0.0.0}]}]", "may not be in the unspecified range")]
    [InlineData("subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}, {port: 81, name: b}]}]", "subsets[0].ports[0].name: Required value")]
    [InlineData("subsets: [{addresses: [{ip: 10.0.0.1, nodeName: 'a b'}]}]", "subsets[0].addresses[0].nodeName: Invalid value")]
    [InlineData("subsets: [{addresses: [{ip: 10.0.0.1, targetRef: {name: \"a\\nb\"}}]}]", "subsets[0].addresses[0].targetRef.name: Invalid value")]
    public void Endpoints_made_by_hand(string body, string expected) => Check(expected, Problems("Endpoints", "svc", body));

    [Theory]
    [InlineData("addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]", "")]
    [InlineData("addressType: IPv6, endpoints: [{addresses: ['fd00::1']}]", "")]
    [InlineData("addressType: FQDN, endpoints: [{addresses: [a.example.org]}]", "")]
    [InlineData("addressType: IPv4, endpoints: []", "")]
    [InlineData("endpoints: []", "addressType: Required value")]
    [InlineData("addressType: IPv4, endpoints: [{addresses: []}]", "endpoints[0].addresses: Required value: must contain at least 1 address")]
    [InlineData("addressType: IPv4, endpoints: [{addresses: ['fd00::1']}]", "endpoints[0].addresses[0]: Invalid value: \"fd00::1\": must be a valid IPv4 address")]
    [InlineData("addressType: IPv6, endpoints: [{addresses: ['::1']}]", "endpoints[0].addresses[0]: Invalid value")]
    [InlineData("addressType: IPv4, endpoints: [{addresses: [127.1.2.3]}]", "may not be in the loopback range")]
    [InlineData("addressType: IPv4, endpoints: [{addresses: [10.0.0.1], hostname: A}]", "endpoints[0].hostname: Invalid value")]
    [InlineData("addressType: IPv4, endpoints: [], ports: [{port: 70000}]", "ports[0].port: Invalid value: 70000")]
    [InlineData("addressType: IPv4, endpoints: [], ports: [{name: a}, {name: a}]", "ports[1].name: Duplicate value: \"a\"")]
    public void Slices_made_by_hand(string body, string expected) => Check(expected, Problems("EndpointSlice", "svc-1", body));

    [Fact]
    public void A_slice_holds_at_most_a_thousand()
    {
        var slice = new EndpointSlice
        {
            Metadata = new() { Name = "s", Namespace = "default" },
            AddressType = "IPv4",
            Endpoints = [.. Enumerable.Range(0, 1001).Select(i => new Endpoint { Addresses = [$"10.0.{i / 250}.{i % 250}"] })],
        };
        Assert.Equal("endpoints: Too many: 1001: must have at most 1000 items", Assert.Single(EndpointsValidation.Validate(slice)).ToString());
    }

    [Fact]
    public void Defaults_are_Kubernetes()
    {
        var service = Defaulted("type: NodePort, sessionAffinity: ClientIP, ports: [{port: 80}, {port: 81, name: b, targetPort: web}]");
        Assert.Equal((SessionAffinities.ClientIP, 10800), (service.Spec.SessionAffinity, service.Spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds));
        Assert.Equal((TrafficPolicies.Cluster, TrafficPolicies.Cluster), (service.Spec.InternalTrafficPolicy, service.Spec.ExternalTrafficPolicy));
        Assert.Equal(("TCP", "80", "web"), (service.Spec.Ports[0].Protocol, service.Spec.Ports[0].TargetPort.ToString(), service.Spec.Ports[1].TargetPort.ToString()));
        service = Defaulted("type: ExternalName, externalName: x.org");
        Assert.Equal((null, 0, null), (service.Spec.InternalTrafficPolicy, service.Spec.IpFamilies.Count, service.Spec.ClusterIP));
    }

    [Theory]
    [InlineData("ports: [{port: 80}]", "10.0.0.1", null)]
    [InlineData("type: NodePort, ports: [{port: 80}]", "10.0.0.1", 30080)]
    [InlineData("type: NodePort, ports: [{port: 81}]", "10.0.0.1", null)]
    [InlineData("type: NodePort, ports: [{port: 80, protocol: UDP}]", "10.0.0.1", null)]
    [InlineData("type: NodePort, ports: [{port: 80, nodePort: 30081}]", "10.0.0.1", 30081)]
    [InlineData("type: ExternalName, externalName: x.org, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]", null, null)]
    public void An_update_keeps_what_was_allocated(string spec, string? address, int? nodePort)
    {
        var old = Document("Service", "svc", "spec: {type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], externalTrafficPolicy: Cluster, ports: [{port: 80, protocol: TCP, nodePort: 30080}]}");
        var next = Document("Service", "svc", $"spec: {{{spec}}}");
        ServiceDefaults.CarryOver(old, next);
        var after = ApiJson.Read<Service>(next);
        Assert.Equal(address, after.Spec.ClusterIP);
        Assert.Equal(nodePort, after.Spec.Ports.Select(p => p.NodePort).FirstOrDefault());
    }

    [Theory]
    [InlineData("ports: [{port: 80}]", "10.0.0.1 fd00::1", "PreferDualStack")]
    [InlineData("clusterIP: 10.0.0.1, ports: [{port: 80}]", "10.0.0.1 fd00::1", "PreferDualStack")]
    [InlineData("ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]", "10.0.0.1 fd00::1", "RequireDualStack")]
    [InlineData("ipFamilyPolicy: SingleStack, ports: [{port: 80}]", "10.0.0.1", "SingleStack")]
    [InlineData("ipFamilyPolicy: SingleStack, clusterIPs: [10.0.0.1, 'fd00::1'], ipFamilies: [IPv4, IPv6], ports: [{port: 80}]", "10.0.0.1", "SingleStack")]
    [InlineData("ipFamilyPolicy: SingleStack, clusterIPs: [10.0.0.1, 'fd00::2'], ipFamilies: [IPv4, IPv6], ports: [{port: 80}]", "10.0.0.1 fd00::2", "SingleStack")]
    public void A_second_address_stays_until_one_family_is_asked_for(string spec, string addresses, string policy)
    {
        var old = Document("Service", "svc", "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'], ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack, ports: [{port: 80, protocol: TCP}]}");
        var next = Document("Service", "svc", $"spec: {{{spec}}}");
        ServiceDefaults.CarryOver(old, next);
        var after = ApiJson.Read<Service>(ServiceDefaults.Apply(next));
        Assert.Equal((addresses, policy), (string.Join(' ', after.Spec.Addresses), after.Spec.IpFamilyPolicy));
        Assert.Equal(after.Spec.Addresses.Select(a => IPFamilies.Of(a)!), after.Spec.IpFamilies);
        Assert.Equal(addresses.EndsWith("fd00::2", StringComparison.Ordinal) ? 1 : 0, ServiceValidation.ValidateUpdate(ApiJson.Read<Service>(old), after).Count);
    }

    [Fact]
    public void A_change_of_type_takes_along_what_only_the_old_type_has()
    {
        var old = Document("Service", "svc", "spec: {type: NodePort, clusterIP: 10.0.0.1, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30080}]}");
        var next = old.DeepClone().AsObject();
        next["spec"]!["type"] = "ClusterIP";
        ServiceDefaults.CarryOver(old, next);
        Assert.Empty(ServiceValidation.Validate(ApiJson.Read<Service>(ServiceDefaults.Apply(next))));
    }

    [Theory]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]", 30100, 30080)]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Local, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]", 30100, null)]
    [InlineData("type: LoadBalancer, externalTrafficPolicy: Cluster, healthCheckNodePort: 30100, ports: [{port: 80, nodePort: 30080}]", null, 30080)]
    [InlineData("type: ClusterIP, externalTrafficPolicy: Local, healthCheckNodePort: 30100, loadBalancerClass: insula.dev/pool, ports: [{port: 80, nodePort: 30080}]", null, null)]
    public void The_port_that_tells_of_health_is_kept_as_long_as_it_is_needed(string spec, int? health, int? nodePort)
    {
        var old = Document("Service", "svc", "spec: {type: LoadBalancer, clusterIP: 10.0.0.1, externalTrafficPolicy: Local, healthCheckNodePort: 30100, loadBalancerClass: insula.dev/pool, ports: [{port: 80, protocol: TCP, nodePort: 30080}]}");
        var next = Document("Service", "svc", $"spec: {{{spec}}}");
        ServiceDefaults.CarryOver(old, next);
        var after = ApiJson.Read<Service>(ServiceDefaults.Apply(next));
        Assert.Equal((health, nodePort), (after.Spec.HealthCheckNodePort, after.Spec.Ports[0].NodePort));
        Assert.Empty(ServiceValidation.Validate(after));
    }

    [Fact]
    public void Class_and_health_port_stay()
    {
        var before = new Service { Spec = new() { Type = ServiceTypeNames.LoadBalancer, ExternalTrafficPolicy = TrafficPolicies.Local, HealthCheckNodePort = 30100, LoadBalancerClass = "a/b" } };
        var after = before with { Spec = before.Spec with { HealthCheckNodePort = 30101, LoadBalancerClass = null } };
        Assert.Equal(
            ["spec.loadBalancerClass: Invalid value: \"\": may not change once set", "spec.healthCheckNodePort: Forbidden: field is immutable"],
            ServiceValidation.ValidateUpdate(before, after).Select(e => e.ToString()));
    }

    [Theory]
    [InlineData(null, "LoadBalancer", "192.0.2.1", "status.loadBalancer: Forbidden: is the daemon's")]
    [InlineData("insula.dev/pool", "LoadBalancer", "192.0.2.1", "status.loadBalancer: Forbidden: is the daemon's")]
    [InlineData("example.org/ours", "LoadBalancer", "192.0.2.1", "")]
    [InlineData("example.org/ours", "LoadBalancer", "192.0.2.300", "status.loadBalancer.ingress[0].ip: Invalid value")]
    [InlineData(null, "NodePort", "192.0.2.1", "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is \"LoadBalancer\"")]
    public void Where_the_daemon_s_own_load_balancers_are_nobody_else_says(string? name, string type, string address, string expected)
    {
        var before = new Service { Spec = new() { Type = type, LoadBalancerClass = name } };
        var after = before with { Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = address }] } } };
        Check(expected, string.Join('\n', ServiceValidation.ValidateStatusUpdate(before, after).Select(e => e.ToString())));
        Assert.Empty(ServiceValidation.ValidateStatusUpdate(after, after));
    }

    [Fact]
    public void The_address_stays() => Assert.Equal(
        "spec.clusterIPs[0]: Invalid value: \"10.0.0.2\": may not change once set",
        Assert.Single(ServiceValidation.ValidateUpdate(
            new Service { Spec = new() { ClusterIP = "10.0.0.1" } }, new Service { Spec = new() { ClusterIP = "10.0.0.2" } })).ToString());

    private static Service Defaulted(string spec) => ApiJson.Read<Service>(ServiceDefaults.Apply(Document("Service", "svc", $"spec: {{{spec}}}")));

    private static void Check(string expected, string problems)
    {
        if (expected.Length == 0)
        {
            Assert.Equal("", problems);
        }

        Assert.Contains(expected, problems, StringComparison.Ordinal);
    }

    private static string Text(string kind, string name, string body) =>
        $"{{apiVersion: {(kind == "EndpointSlice" ? "discovery.k8s.io/v1" : "v1")}, kind: {kind}, metadata: {{name: {name}, namespace: default}}, {body}}}";

    private static JsonObject Document(string kind, string name, string body) => Manifest.Parse(Text(kind, name, body)).Documents[0].Object.DeepClone().AsObject();

    private static string Problems(string kind, string name, string body)
    {
        var parsed = Manifest.Parse(Text(kind, name, body));
        var wrong = parsed.Problems().ToList();
        if (wrong.Count > 0)
        {
            return string.Join('\n', wrong);
        }

        var document = parsed.Documents[0].Object.DeepClone().AsObject();
        var errors = kind switch
        {
            "Service" => ServiceValidation.Validate(ApiJson.Read<Service>(ServiceDefaults.Apply(document))),
            "Endpoints" => EndpointsValidation.Validate(ApiJson.Read<Endpoints>(EndpointsDefaults.Apply(document))),
            _ => EndpointsValidation.Validate(ApiJson.Read<EndpointSlice>(EndpointsDefaults.Apply(document))),
        };
        return string.Join('\n', errors.Select(e => e.ToString()));
    }
}

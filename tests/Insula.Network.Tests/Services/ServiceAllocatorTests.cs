using System.Net;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Services;
using Insula.Network.Services;

namespace Insula.Network.Tests.Services;

public sealed class ServiceAllocatorTests
{
    private readonly Dictionary<string, Service> _stored = [];

    [Fact]
    public void What_is_named_is_given_or_refused_with_the_reason()
    {
        var allocator = New("10.43.0.0/24");
        Assert.Equal("10.43.0.7", Store(allocator, "a", "clusterIP: 10.43.0.7").Spec.ClusterIP);
        Assert.Equal("spec.clusterIPs[0]: Invalid value: \"10.43.0.7\": failed to allocate IP 10.43.0.7: provided IP is already allocated", Refusal(allocator, "b", "10.43.0.7"));
        Assert.Contains("the valid range. The range of valid IPs is 10.43.0.0/24", Refusal(allocator, "b", "10.44.0.7"), StringComparison.Ordinal);
        Assert.Contains("valid range", Refusal(allocator, "b", "10.43.0.0"), StringComparison.Ordinal);
        Assert.Contains("valid range", Refusal(allocator, "b", "10.43.0.255"), StringComparison.Ordinal);
        Assert.Equal("None", Store(allocator, "c", "clusterIP: None").Spec.ClusterIP);
    }

    [Theory]
    [InlineData("", "IPv4", "SingleStack")]
    [InlineData("ipFamilyPolicy: PreferDualStack", "IPv4 IPv6", "PreferDualStack")]
    [InlineData("ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6]", "IPv6 IPv4", "RequireDualStack")]
    [InlineData("ipFamilies: [IPv6]", "IPv6", "SingleStack")]
    [InlineData("ipFamilies: [IPv6, IPv4]", "IPv6 IPv4", "RequireDualStack")]
    [InlineData("clusterIP: 'fd43::7'", "IPv6", "SingleStack")]
    [InlineData("clusterIP: 'fd43::7', ipFamilyPolicy: PreferDualStack", "IPv6 IPv4", "PreferDualStack")]
    [InlineData("clusterIPs: [10.43.0.7, 'fd43::7']", "IPv4 IPv6", "RequireDualStack")]
    [InlineData("clusterIP: None, selector: {a: b}", "IPv4", "SingleStack")]
    [InlineData("clusterIP: None, selector: {a: b}, ipFamilyPolicy: PreferDualStack", "IPv4 IPv6", "PreferDualStack")]
    [InlineData("clusterIP: None", "IPv4 IPv6", "RequireDualStack")]
    public void Families_are_those_that_Kubernetes_would_choose(string spec, string families, string policy)
    {
        var service = Store(New("10.43.0.0/24", rangeV6: "fd43::/120"), "a", spec);
        Assert.Equal((families, policy), (string.Join(' ', service.Spec.IpFamilies), service.Spec.IpFamilyPolicy));
        Assert.Equal(service.Spec.IsHeadless ? [] : service.Spec.IpFamilies, service.Spec.Addresses.Select(a => IPFamilies.Of(a)!));
        Assert.Equal(service.Spec.ClusterIP, service.Spec.ClusterIPs is [var first, ..] ? first : null);
    }

    [Fact]
    public void Without_IPv6_what_needs_it_is_refused_and_what_would_like_it_goes_without()
    {
        var allocator = New("10.43.0.0/24");
        Assert.Equal(["IPv4"], Store(allocator, "a", "ipFamilyPolicy: PreferDualStack").Spec.IpFamilies);
        Assert.Equal(["IPv4", "IPv6"], Store(allocator, "b", "clusterIP: None").Spec.IpFamilies);
        foreach (var (spec, field) in new[]
            { ("ipFamilyPolicy: RequireDualStack", "spec.ipFamilyPolicy"), ("ipFamilies: [IPv6]", "spec.ipFamilies[0]"), ("clusterIP: 'fd43::7'", "spec.ipFamilies[0]"), ("clusterIP: None, selector: {a: b}, ipFamilies: [IPv6]", "spec.ipFamilies[0]") })
        {
            using var lease = allocator.Lease("default", "c");
            var error = Assert.Single(lease.Fill(Document("c", spec)));
            Assert.Equal(field, error.Path);
            Assert.Contains("configure pod-range-v6", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Addresses_of_both_families_are_given_once()
    {
        var allocator = New("10.43.0.0/24", rangeV6: "fd43::/124");
        Assert.Equal(["10.43.0.7", "fd43::7"], Store(allocator, "a", "clusterIPs: [10.43.0.7, 'fd43::7']").Spec.ClusterIPs);
        using (var lease = allocator.Lease("default", "b"))
        {
            Assert.Contains("spec.clusterIPs[1]: Invalid value: \"fd43::7\": failed to allocate IP fd43::7: provided IP is already allocated", lease.Fill(Document("b", "clusterIPs: [10.43.0.8, 'fd43::7']")).Select(e => e.ToString()));
        }

        Assert.Equal(13, Enumerable.Range(0, 13).Select(i => Store(allocator, $"s{i}", "ipFamilies: [IPv6]").Spec.ClusterIP).Distinct().Count());
        using var more = allocator.Lease("default", "more");
        Assert.Contains("all of the range fd43::/124 are in use; delete Services, or configure a larger service-range-v6", Assert.Single(more.Fill(Document("more", "ipFamilyPolicy: PreferDualStack"))).ToString(), StringComparison.Ordinal);

        // The second one is given up with the policy.
        Assert.Equal(["10.43.0.7"], Store(allocator, "a", "clusterIP: 10.43.0.7").Spec.ClusterIPs);
        Assert.Equal("fd43::7", Store(allocator, "b", "clusterIP: 'fd43::7'").Spec.ClusterIP);
    }

    [Fact]
    public void What_a_deleted_Service_had_is_free_at_once()
    {
        var allocator = New("10.43.0.0/24");
        Store(allocator, "a", "clusterIP: 10.43.0.7");
        _stored.Remove("a");
        Assert.Equal("10.43.0.7", Store(allocator, "b", "clusterIP: 10.43.0.7").Spec.ClusterIP);
    }

    [Fact]
    public void What_is_being_written_is_nobody_else_s()
    {
        var allocator = New("10.43.0.0/24");
        using (var first = allocator.Lease("default", "a"))
        {
            Assert.Empty(first.Fill(Document("a", "clusterIP: 10.43.0.7")));
            Assert.Contains("already allocated", Refusal(allocator, "b", "10.43.0.7"), StringComparison.Ordinal);
        }

        // The write failed: nothing was stored.
        Assert.Equal("10.43.0.7", Store(allocator, "b", "clusterIP: 10.43.0.7").Spec.ClusterIP);
    }

    [Fact]
    public void Every_address_is_given_once_and_then_none()
    {
        var allocator = New("10.43.0.0/28");
        var given = Enumerable.Range(0, 14).Select(i => Store(allocator, $"s{i}", "").Spec.ClusterIP).ToHashSet();
        Assert.Equal(14, given.Count);
        using var lease = allocator.Lease("default", "more");
        Assert.Contains("all of the range 10.43.0.0/28 are in use; delete Services", Assert.Single(lease.Fill(Document("more", ""))).ToString(), StringComparison.Ordinal);
        _stored.Remove("s3");
        Assert.Contains(Store(allocator, "more", "").Spec.ClusterIP!, given);
    }

    [Fact]
    public void The_lower_part_is_left_to_those_who_choose()
    {
        var allocator = New("10.43.0.0/24");
        var given = Enumerable.Range(0, 238).Select(i => IPAddress.Parse(Store(allocator, $"s{i}", "").Spec.ClusterIP!).GetAddressBytes()[3]).ToList();
        Assert.Equal(16, given.Min());
        Assert.Equal(239, given.Append((byte)0).Distinct().Count());
    }

    [Fact]
    public void Node_ports_are_given_named_and_shared_by_the_protocols_of_one_port()
    {
        var allocator = New("10.43.0.0/24", new PortRange(30000, 30002));
        var dns = Store(allocator, "dns", "type: NodePort, ports: [{name: a, port: 53, protocol: TCP}, {name: b, port: 53, protocol: UDP}]");
        Assert.Equal(dns.Spec.Ports[0].NodePort, dns.Spec.Ports[1].NodePort);
        var left = Enumerable.Range(30000, 3).Where(p => p != dns.Spec.Ports[0].NodePort).ToList();
        var fix = Store(allocator, "fix", $"type: NodePort, ports: [{{port: 80, nodePort: {left[0]}}}]");
        Assert.Equal(left[0], fix.Spec.Ports[0].NodePort);
        Assert.Equal(left[1], Store(allocator, "last", "type: NodePort").Spec.Ports[0].NodePort);
        using var lease = allocator.Lease("default", "more");
        Assert.Contains("spec.ports[0].nodePort: Invalid value: 0: failed to allocate a node port: all of 30000-30002", Assert.Single(lease.Fill(Document("more", "type: NodePort"))).ToString(), StringComparison.Ordinal);
        Assert.Contains("provided port is not in the valid range. The range of valid ports is 30000-30002", RefusedPort(allocator, 29999), StringComparison.Ordinal);
        Assert.Contains("spec.ports[0].nodePort: Invalid value: 30000: provided port is already allocated", RefusedPort(allocator, 30000), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_s_host_port_is_no_Service_s()
    {
        var allocator = New("10.43.0.0/24", new PortRange(30000, 30001));
        allocator.FindHostPort = (port, protocol) => (port, protocol) == (30000, "TCP") ? "default/door" : null;
        Assert.Contains(
            "spec.ports[0].nodePort: Invalid value: 30000: provided port is already allocated: it is a host port of the pod default/door", RefusedPort(allocator, 30000), StringComparison.Ordinal);
        Assert.Equal(30001, Store(allocator, "a", "type: NodePort").Spec.Ports[0].NodePort);
        Assert.Equal(30000, Store(allocator, "udp", "type: NodePort, ports: [{port: 53, protocol: UDP, nodePort: 30000}]").Spec.Ports[0].NodePort);
        using (var lease = allocator.Lease("default", "more"))
        {
            Assert.Contains("all of 30000-30001 are in use", Assert.Single(lease.Fill(Document("more", "type: NodePort"))).ToString(), StringComparison.Ordinal);
        }

        // What was not given is nobody's, and what a Service had before is its own.
        allocator.FindHostPort = null;
        Assert.Equal(30000, Store(allocator, "b", "type: NodePort, ports: [{port: 80, nodePort: 30000}]").Spec.Ports[0].NodePort);
        allocator.FindHostPort = (_, _) => "default/door";
        Assert.Equal(30000, Store(allocator, "b", "type: NodePort, ports: [{port: 81, nodePort: 30000}]").Spec.Ports[0].NodePort);
    }

    [Fact]
    public void Who_has_a_node_port_is_said_and_who_is_about_to()
    {
        var allocator = New("10.43.0.0/24");
        Assert.Null(allocator.HolderOf(30000, "TCP"));
        using (var lease = allocator.Lease("default", "a"))
        {
            Assert.Empty(lease.Fill(Document("a", "type: NodePort, ports: [{port: 80, nodePort: 30000}]")));
            Assert.Equal("default/a", allocator.HolderOf(30000, "TCP"));
        }

        Assert.Null(allocator.HolderOf(30000, "TCP"));
        Store(allocator, "a", "type: NodePort, ports: [{port: 80, nodePort: 30000}]");
        Assert.Equal("default/a", allocator.HolderOf(30000, "TCP"));
        Assert.Null(allocator.HolderOf(30000, "UDP"));
    }

    [Fact]
    public void A_balancer_without_node_ports_has_none() =>
        Assert.Null(Store(New("10.43.0.0/24"), "a", "type: LoadBalancer, allocateLoadBalancerNodePorts: false").Spec.Ports[0].NodePort);

    [Fact]
    public void A_port_that_tells_of_health_is_no_other_s()
    {
        var allocator = New("10.43.0.0/24", new PortRange(30000, 30001));
        var service = Store(allocator, "a", "type: LoadBalancer, externalTrafficPolicy: Local");
        Assert.Equal([30000, 30001], new[] { service.Spec.HealthCheckNodePort, service.Spec.Ports[0].NodePort }.Order());
        Assert.Contains("provided port is already allocated", RefusedPort(allocator, service.Spec.HealthCheckNodePort!.Value), StringComparison.Ordinal);
        Assert.Contains("provided port is already allocated", RefusedPort(New("10.43.0.0/24", new PortRange(30000, 30001)), service.Spec.HealthCheckNodePort!.Value), StringComparison.Ordinal);
        Store(allocator, "a", $"type: LoadBalancer, externalTrafficPolicy: Cluster, ports: [{{port: 80, nodePort: {service.Spec.Ports[0].NodePort}}}]");
        Assert.Equal(service.Spec.HealthCheckNodePort, Store(allocator, "b", "type: NodePort").Spec.Ports[0].NodePort);
    }

    [Fact]
    public void Whatever_comes_and_goes_no_two_hold_the_same() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
#pragma warning disable CA5394 // Nothing secret is drawn.
        var random = new Random(seed);
        _stored.Clear();
        var allocator = New("10.43.0.0/27", new PortRange(30000, 30009));
        for (var step = 0; step < 200; step++)
        {
            var name = $"s{random.Next(20)}";
            if (random.Next(3) == 0)
            {
                _stored.Remove(name);
                continue;
            }

            var type = random.Next(2) == 0 ? "type: NodePort" : "type: ClusterIP";
            var document = Document(name, random.Next(2) == 0 ? type : $"{type}, clusterIP: 10.43.0.{random.Next(1, 31)}");
            using var lease = allocator.Lease("default", name);
            if (lease.Fill(document).Count == 0 && random.Next(5) > 0)
            {
                _stored[name] = ApiJson.Read<Service>(document);
            }

            var addresses = _stored.Values.Select(s => s.Spec.ClusterIP).ToList();
            Assert.Equal(addresses.Count, addresses.Distinct().Count());
            var ports = _stored.Values.SelectMany(s => s.Spec.Ports).Where(p => p.NodePort is not null).Select(p => p.NodePort).ToList();
            Assert.Equal(ports.Count, ports.Distinct().Count());
        }
#pragma warning restore CA5394
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_new_daemon_knows_what_is_held()
    {
        Store(New("10.43.0.0/24"), "a", "type: NodePort, clusterIP: 10.43.0.7, ports: [{port: 80, nodePort: 30000}]");
        var next = New("10.43.0.0/24");
        Assert.Contains("already allocated", Refusal(next, "b", "10.43.0.7"), StringComparison.Ordinal);
        Assert.Contains("already allocated", RefusedPort(next, 30000), StringComparison.Ordinal);
        Assert.Equal("10.43.0.7", Store(next, "a", "type: NodePort, clusterIP: 10.43.0.7, ports: [{port: 80, nodePort: 30000}]").Spec.ClusterIP);
    }

    [Theory]
    [InlineData("10.43.0.0/29", "from /12 to /28")]
    [InlineData("10.0.0.0/8", "from /12 to /28")]
    [InlineData("fd00::/107", "from /108 to /124")]
    [InlineData("fd00::/125", "from /108 to /124")]
    public void Ranges_that_are_none_are_refused(string range, string allowed) =>
        Assert.Contains(allowed, Assert.Throws<NetworkException>(() => new ServiceRange(IPNetwork.Parse(range))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("30000-32767", true)]
    [InlineData("80-80", true)]
    [InlineData("0-80", false)]
    [InlineData("90-80", false)]
    [InlineData("1-65536", false)]
    [InlineData("80", false)]
    [InlineData("a-b", false)]
    public void Port_ranges_are_read(string text, bool valid) => Assert.Equal(valid ? text : null, PortRange.TryParse(text)?.ToString());

    [Fact]
    public void The_address_of_the_cluster_s_DNS_is_no_Service_s()
    {
        var reserved = IPAddress.Parse("10.43.0.10");
        var allocator = New("10.43.0.0/28", reserved: reserved);
        for (var i = 0; i < 13; i++)
        {
            Assert.NotEqual(reserved.ToString(), Store(allocator, $"s{i}", "type: ClusterIP").Spec.ClusterIP);
        }

        using (var lease = allocator.Lease("default", "one-more"))
        {
            Assert.Contains("failed to allocate an address", Assert.Single(lease.Fill(Document("one-more", "type: ClusterIP"))).ToString(), StringComparison.Ordinal);
        }

        Assert.Contains("provided IP is the cluster DNS's", Refusal(allocator, "named", "10.43.0.10"), StringComparison.Ordinal);
    }

    private static JsonObject Document(string name, string spec)
    {
        var ports = spec.Contains("ports:", StringComparison.Ordinal) ? "" : "ports: [{port: 80}], ";
        var text = $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: default}}, spec: {{{ports}{spec}}}}}";
        return ServiceDefaults.Apply(Api.Manifests.Manifest.Parse(text).Documents[0].Object.DeepClone().AsObject());
    }

    private ServiceAllocator New(string range, PortRange? ports = null, IPAddress? reserved = null, string? rangeV6 = null) =>
        new(new ServiceRange(IPNetwork.Parse(range)), rangeV6 is null ? null : new ServiceRange(IPNetwork.Parse(rangeV6)), ports ?? PortRange.NodePorts, _stored.Values, (_, name) => _stored.GetValueOrDefault(name), reserved, new Random(1));

    private Service Store(ServiceAllocator allocator, string name, string spec)
    {
        using var lease = allocator.Lease("default", name);
        var document = Document(name, spec);
        Assert.Empty(lease.Fill(document));
        return _stored[name] = ApiJson.Read<Service>(document);
    }

    private static string Refusal(ServiceAllocator allocator, string name, string address)
    {
        using var lease = allocator.Lease("default", name);
        return Assert.Single(lease.Fill(Document(name, $"clusterIP: {address}"))).ToString();
    }

    private static string RefusedPort(ServiceAllocator allocator, int port)
    {
        using var lease = allocator.Lease("default", "other");
        return Assert.Single(lease.Fill(Document("other", $"type: NodePort, ports: [{{port: 80, nodePort: {port}}}]"))).ToString();
    }
}

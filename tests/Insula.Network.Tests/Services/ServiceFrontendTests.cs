using Insula.Api.Core;
using Insula.Network.Services;

namespace Insula.Network.Tests.Services;

public sealed class ServiceFrontendTests
{
    private static readonly Service _service = new()
    {
        Metadata = new() { Name = "web", Namespace = "default" },
        Spec = new()
        {
            Type = ServiceTypeNames.NodePort,
            ClusterIP = "10.43.0.7",
            Ports = [new() { Name = "http", Port = 80, Protocol = "TCP", NodePort = 30080 }, new() { Name = "dns", Port = 53, Protocol = "UDP" }],
        },
    };

    private static readonly EndpointPort[] _ports = [new() { Name = "http", Port = 8080, Protocol = "TCP" }, new() { Name = "dns", Port = 5353, Protocol = "UDP" }];

    [Fact]
    public void Each_port_has_its_own_and_a_node_port_one_more()
    {
        var frontends = ServiceFrontends.Of(_service, [new("IPv4", _ports, [One(1), One(2)])], "vm");
        Assert.Equal(["10.43.0.7:80/6", "*:30080/6", "10.43.0.7:53/17"], frontends.Select(f => f.Frontend.ToString()));
        Assert.Equal(["10.83.0.1:8080", "10.83.0.2:8080"], frontends[0].Targets.Select(t => t.ToString()));
        Assert.Equal(["10.83.0.1:5353", "10.83.0.2:5353"], frontends[2].Targets.Select(t => t.ToString()));
        Assert.Equal([FrontendKind.ServiceAddress, FrontendKind.NodePort, FrontendKind.ServiceAddress], frontends.Select(f => f.Kind));
    }

    [Fact]
    public void What_a_load_balancer_gave_is_one_more_and_what_it_did_not_give_is_none()
    {
        var balanced = _service with
        {
            Spec = _service.Spec with { Type = ServiceTypeNames.LoadBalancer, LoadBalancerSourceRanges = ["192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32"] },
            Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = "192.0.2.9", IpMode = IpModes.Vip, Ports = [new() { Port = 80, Protocol = "TCP" }] }, new() { Ip = "192.0.2.10", IpMode = IpModes.Proxy, Ports = [new() { Port = 80, Protocol = "TCP" }] }, new() { Hostname = "a" }] } },
        };
        var frontends = ServiceFrontends.Of(balanced, [new("IPv4", _ports, [One(1)])], "vm", alone: true);
        Assert.Equal(["10.43.0.7:80/6", "*:30080/6", "192.0.2.9:80/6", "10.43.0.7:53/17"], frontends.Select(f => f.Frontend.ToString()));
        Assert.Equal((FrontendKind.Balancer, true), (frontends[2].Kind, frontends[2].IsForServicesAlone));
        Assert.Equal(["192.0.2.0/24"], frontends[2].Sources!.Select(s => s.ToString()));

        // What others say of theirs leads nobody here.
        Assert.DoesNotContain(
            ServiceFrontends.Of(balanced with { Spec = balanced.Spec with { LoadBalancerClass = "example.org/ours" } }, [new("IPv4", _ports, [One(1)])], "vm"), f => f.Kind == FrontendKind.Balancer);
        Assert.Null(ServiceFrontends.Of(balanced with { Spec = balanced.Spec with { LoadBalancerSourceRanges = ["192.0.2.0/24", "0.0.0.0/0"] } }, [], "vm")[2].Sources);
    }

    [Fact]
    public void Ready_endpoints_of_this_machine_are_counted()
    {
        Assert.Equal(1, ServiceFrontends.LocalEndpoints([new("IPv4", _ports, [One(1), One(2, ready: false, terminating: true), One(3, node: null)])], "vm"));
        Assert.Equal(0, ServiceFrontends.LocalEndpoints([], "vm"));
    }

    [Fact]
    public void Those_that_end_serve_as_long_as_nobody_else_is_ready()
    {
        Assert.Equal(["10.83.0.1:8080"], First(One(1), One(2, ready: false, terminating: true)));
        Assert.Equal(["10.83.0.2:8080"], First(One(1, ready: false, serving: false), One(2, ready: false, terminating: true)));
        Assert.Empty(First(One(1, ready: false, serving: false), One(2, ready: false, serving: false, terminating: true)));
        Assert.Empty(First());
    }

    [Fact]
    public void Local_means_this_machine_s_and_is_looked_at_before_readiness()
    {
        var local = _service with { Spec = _service.Spec with { InternalTrafficPolicy = TrafficPolicies.Local, ExternalTrafficPolicy = TrafficPolicies.Cluster } };
        var frontends = ServiceFrontends.Of(local, [new("IPv4", _ports, [One(1, node: null), One(2, ready: false, terminating: true)])], "vm");
        Assert.Equal(["10.83.0.2:8080"], frontends[0].Targets.Select(t => t.ToString()));
        Assert.Equal(["10.83.0.1:8080"], frontends[1].Targets.Select(t => t.ToString()));
    }

    [Fact]
    public void Affinity_has_its_time()
    {
        var sticky = _service with { Spec = _service.Spec with { SessionAffinity = SessionAffinities.ClientIP, SessionAffinityConfig = new() { ClientIP = new() { TimeoutSeconds = 5 } } } };
        Assert.All(ServiceFrontends.Of(sticky, [], "vm"), f => Assert.Equal(5, f.AffinitySeconds));
    }

    [Fact]
    public void Headless_ones_and_names_have_none()
    {
        Assert.Empty(ServiceFrontends.Of(_service with { Spec = _service.Spec with { ClusterIP = "None" } }, [], "vm"));
        Assert.Empty(ServiceFrontends.Of(_service with { Spec = new() { Type = ServiceTypeNames.ExternalName, ExternalName = "x" } }, [], "vm"));
    }

    [Fact]
    public void Host_ports_lead_to_the_pod_as_long_as_it_has_an_address()
    {
        var pod = new Pod
        {
            Metadata = new() { Name = "p", Namespace = "default" },
            Spec = new() { Containers = [new() { Name = "a", Ports = [new() { Port = 8080, HostPort = 80 }, new() { Port = 53, HostPort = 53, Protocol = "UDP", HostIP = "192.0.2.1" }, new() { Port = 9 }] }] },
            Status = new() { Phase = PodPhases.Running, PodIP = "10.83.0.1" },
        };
        Assert.Equal(["*:80/6 10.83.0.1:8080", "192.0.2.1:53/17 10.83.0.1:53"], ServiceFrontends.Of(PodFacts.Of(pod)).Select(f => $"{f.Frontend} {f.Targets[0]}"));
        Assert.Empty(ServiceFrontends.Of(PodFacts.Of(pod with { Status = new() { Phase = PodPhases.Failed, PodIP = "10.83.0.1" } })));
        Assert.Empty(ServiceFrontends.Of(PodFacts.Of(pod with { Spec = pod.Spec with { HostNetwork = true } })));

        // One that is to end has its ports until the last of its containers has ended.
        var ending = pod with { Metadata = pod.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        Assert.Equal(2, ServiceFrontends.Of(PodFacts.Of(ending with { Status = With(new() { Terminated = new() }, new() { Running = new() }) })).Count);
        Assert.Empty(ServiceFrontends.Of(PodFacts.Of(ending with { Status = With(new() { Terminated = new() }, new() { Waiting = new() }) })));

        PodStatus With(params ContainerState[] states) => pod.Status with { ContainerStatuses = [.. states.Select(s => new ContainerStatus { Name = "a", State = s })] };
    }

    private static IEnumerable<string> First(params Endpoint[] endpoints) =>
        ServiceFrontends.Of(_service, [new("IPv4", _ports, endpoints)], "vm")[0].Targets.Select(t => t.ToString());

    private static Endpoint One(int number, bool ready = true, bool serving = true, bool terminating = false, string? node = "vm") => new()
    {
        Addresses = [$"10.83.0.{number}"],
        Conditions = new() { Ready = ready, Serving = serving, Terminating = terminating },
        NodeName = node,
    };
}

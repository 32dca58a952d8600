using Insula.Api.Core;
using Insula.Pods.Admission;
using Insula.Pods.Tests.Security;

namespace Insula.Pods.Tests.Admission;

public class HostPortTests
{
    [Theory]
    [InlineData(80, "TCP", null, "Running", 0, true)]
    [InlineData(81, "TCP", null, "Running", 0, false)]
    [InlineData(80, "UDP", null, "Running", 0, false)]
    [InlineData(80, "TCP", "192.0.2.1", "Pending", 0, true)]
    [InlineData(80, "TCP", null, "Succeeded", 0, false)]
    [InlineData(80, "TCP", null, "Failed", 0, false)]
    [InlineData(80, "TCP", null, "Running", 2, false)]
    public void The_older_pod_has_it_until_it_has_ended(int port, string protocol, string? address, string phase, int age, bool taken)
    {
        var pod = Pod("new", 80, "TCP", null, "Pending", 1);
        var other = Pod("old", port, protocol, address, phase, age);
        var rejection = Admission([pod, other]).Judge(pod);
        Assert.Equal(taken ? new Rejection("NodePorts", "the port 80/TCP of this machine is taken by the pod default/old") : null, rejection);
    }

    [Fact]
    public void Addresses_of_their_own_are_no_conflict_and_of_the_same_second_one_has_it()
    {
        var one = Pod("one", 80, "TCP", "192.0.2.1", "Pending", 0);
        Assert.Null(Admission([one, Pod("two", 80, "TCP", "192.0.2.2", "Pending", 0)]).Judge(one));
        var (a, b) = (Pod("a", 80, "TCP", null, "Pending", 0), Pod("b", 80, "TCP", null, "Pending", 0));
        Assert.Null(Admission([a, b]).Judge(a));
        Assert.NotNull(Admission([a, b]).Judge(b));
        b = b with { Status = b.Status with { StartTime = DateTimeOffset.UnixEpoch } };
        Assert.NotNull(Admission([a, b]).Judge(a)); // who has begun keeps it
        Assert.Null(Admission([a, b]).Judge(b));
    }

    [Theory]
    [InlineData("NodePort", 30080, "TCP", 30080, "TCP", true)]
    [InlineData("NodePort", 30080, "TCP", 30080, "UDP", false)]
    [InlineData("NodePort", 30080, "UDP", 30080, "UDP", true)]
    [InlineData("NodePort", 30080, "TCP", 30081, "TCP", false)]
    [InlineData("LoadBalancer", 30080, "TCP", 30080, "TCP", true)]
    public void A_Service_s_node_port_is_no_pod_s(string type, int nodePort, string protocol, int hostPort, string ofPod, bool taken)
    {
        var pod = Pod("new", hostPort, ofPod, "192.0.2.1", "Pending", 0);
        Service service = new()
        {
            Metadata = new() { Name = "web", Namespace = "shop" },
            Spec = new() { Type = type, Ports = [new() { Port = 80, NodePort = nodePort, Protocol = protocol }] },
        };
        var expected = taken ? new Rejection("NodePorts", $"the port {nodePort}/{protocol} of this machine is taken by the Service shop/web as a node port") : null;
        Assert.Equal(expected, Admission([pod], [service]).Judge(pod));

        // Nor is one that is just being given.
        Assert.Equal(expected, Admission([pod], [], (port, of) => (port, of) == (nodePort, protocol) ? "shop/web" : null).Judge(pod));
    }

    [Fact]
    public void A_health_check_node_port_is_no_pod_s_either()
    {
        var pod = Pod("new", 32000, "TCP", null, "Pending", 0);
        Service service = new() { Metadata = new() { Name = "web", Namespace = "shop" }, Spec = new() { Type = "LoadBalancer", HealthCheckNodePort = 32000 } };
        Assert.Equal("NodePorts", Admission([pod], [service]).Judge(pod)?.Reason);
    }

    private static Pod Pod(string name, int port, string protocol, string? address, string phase, int age) => new()
    {
        Metadata = new() { Name = name, Namespace = "default", Uid = $"uid-{name}", CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(age) },
        Spec = new() { Containers = [new() { Name = "main", Ports = [new() { Port = 8080, HostPort = port, Protocol = protocol, HostIP = address }] }] },
        Status = new() { Phase = phase },
    };

    private static PodAdmission Admission(IReadOnlyList<Pod> pods, IReadOnlyList<Service>? services = null, Func<int, string, string?>? claimed = null) =>
        new(new SysctlAllowlist([]), new FakeAppArmor(false), new FakeSELinux { IsEnabled = false }, () => pods, () => services ?? [], claimed);
}

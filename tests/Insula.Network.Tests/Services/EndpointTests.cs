using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network.Services;

namespace Insula.Network.Tests.Services;

public sealed class EndpointTests
{
    private static readonly Service _service = new()
    {
        Metadata = new() { Name = "web", Namespace = "default", Uid = "u-web", Labels = new Dictionary<string, string> { ["team"] = "a" } },
        Spec = new()
        {
            Type = ServiceTypeNames.ClusterIP,
            ClusterIP = "10.43.0.7",
            Selector = new Dictionary<string, string> { ["app"] = "web" },
            Ports = [new() { Name = "http", Port = 80, Protocol = "TCP", TargetPort = new("http") }, new() { Name = "dns", Port = 53, Protocol = "UDP", TargetPort = new(5353) }],
        },
    };

    [Fact]
    public void A_named_port_may_be_another_in_each_pod()
    {
        var groups = EndpointSelection.Select(_service, [Pod(1), Pod(2, port: 9090), Pod(3, port: null)]);
        Assert.Equal(3, groups.Count);
        Assert.Equal([9090, 5353], groups.Single(g => g.Endpoints[0].TargetRef!.Name == "p2").Ports.Select(p => p.Port));
        Assert.Equal(["dns"], groups.Single(g => g.Endpoints[0].TargetRef!.Name == "p3").Ports.Select(p => p.Name));
    }

    [Theory]
    [InlineData(true, false, false, true, true)]
    [InlineData(false, false, false, false, false)]
    [InlineData(true, true, false, false, true)]
    [InlineData(false, false, true, true, false)]
    [InlineData(true, true, true, true, true)]
    public void Conditions(bool podReady, bool terminating, bool publish, bool ready, bool serving)
    {
        var service = _service with { Spec = _service.Spec with { PublishNotReadyAddresses = publish } };
        var endpoint = Assert.Single(Assert.Single(EndpointSelection.Select(service, [Pod(1, ready: podReady, terminating: terminating)])).Endpoints);
        Assert.Equal(new EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating }, endpoint.Conditions);
    }

    [Fact]
    public void Pods_that_have_ended_or_have_no_address_are_none()
    {
        Assert.Empty(EndpointSelection.Select(_service, [PodFacts.Of(Document(1) with { Status = new() { Phase = PodPhases.Succeeded, PodIP = "10.83.0.1" } })]));
        Assert.Empty(EndpointSelection.Select(_service, [PodFacts.Of(Document(1) with { Status = new() { Phase = PodPhases.Pending } })]));
        Assert.Empty(EndpointSelection.Select(_service, [PodFacts.Of(Document(1) with { Metadata = new() { Name = "p", Namespace = "other", Labels = _service.Spec.Selector } })]));
        Assert.Empty(EndpointSelection.Select(_service with { Spec = _service.Spec with { Selector = new Dictionary<string, string>() } }, [Pod(1)]));
    }

    [Fact]
    public void Endpoints_tell_the_ready_from_the_others_and_leave_out_those_that_end()
    {
        var groups = EndpointSelection.Select(_service, [Pod(1), Pod(2, ready: false), Pod(3, terminating: true)]);
        var (subsets, truncated) = EndpointsObject.Subsets(groups);
        var subset = Assert.Single(subsets);
        Assert.Equal(["10.83.0.1"], subset.Addresses.Select(a => a.Ip));
        Assert.Equal(["10.83.0.2"], subset.NotReadyAddresses.Select(a => a.Ip));
        Assert.False(truncated);
        (subsets, truncated) = EndpointsObject.Subsets(EndpointSelection.Select(_service, Enumerable.Range(1, 1100).Select(i => Pod(i, ready: i > 100))));
        Assert.True(truncated);
        Assert.Equal((1000, 0), (subsets.Sum(s => s.Addresses.Count), subsets.Sum(s => s.NotReadyAddresses.Count)));
    }

    [Fact]
    public void Endpoints_made_by_hand_mean_what_they_say()
    {
        var groups = EndpointsObject.Groups(new Endpoints { Subsets = [new() { Addresses = [new() { Ip = "10.0.0.1" }], NotReadyAddresses = [new() { Ip = "10.0.0.2" }], Ports = [new() { Port = 80 }] }] });
        var group = Assert.Single(groups);
        Assert.Equal([true, false], group.Endpoints.Select(e => e.Conditions.Ready));
        Assert.Equal(("", "TCP"), (group.Ports[0].Name, group.Ports[0].Protocol));
    }

    [Fact]
    public void Whatever_happens_the_slices_hold_exactly_the_endpoints_and_nothing_is_written_twice() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
#pragma warning disable CA5394 // Nothing secret is drawn.
        var random = new Random(seed);
        var slices = new Dictionary<string, EndpointSlice>();
        var pods = new Dictionary<int, PodFacts>();
        var made = 0;
        for (var step = 0; step < 12; step++)
        {
            var before = pods.Count;
            var changed = random.Next(1, 160);
            for (var i = 0; i < changed; i++)
            {
                var number = random.Next(1, 350);
                if (random.Next(3) == 0)
                {
                    pods.Remove(number);
                }
                else
                {
                    pods[number] = Pod(number, random.Next(4) > 0, random.Next(5) == 0, random.Next(3) == 0 ? 9090 : 8080);
                }
            }

            var groups = EndpointSelection.Select(_service, pods.Values);
            var changes = SliceReconciliation.Plan(_service, SliceReconciliation.FromPods, groups, [.. slices.Values]);
            foreach (var change in changes)
            {
                if (change.Document is null)
                {
                    Assert.True(slices.Remove(change.Name!));
                    continue;
                }

                var name = change.Name ?? $"web-{made++}";
                var slice = ApiJson.Read<EndpointSlice>(change.Document);
                slices[name] = slice with { Metadata = slice.Metadata with { Name = name } };
            }

            // Exactly these, each once, in slices of at most a hundred, with the ports that are its own.
            Assert.All(slices.Values, s => Assert.InRange(s.Endpoints.Count, slices.Count == 1 ? 0 : 1, SliceReconciliation.MostEndpoints));
            var held = slices.Values.SelectMany(s => s.Endpoints.Select(e => (e.Addresses[0], e.Conditions, s.Ports[0].Port))).ToList();
            var wanted = pods.Values.Select(p => (p.Address!, new EndpointConditions { Ready = p.Ready && !p.Terminating, Serving = p.Ready, Terminating = p.Terminating }, (int?)p.Ports[0].Port)).ToList();
            Assert.Equal(wanted.OrderBy(w => w.Item1), held.OrderBy(h => h.Item1));
            Assert.All(slices.Values, s => Assert.Equal(("web", "a"), (s.Metadata.Labels[EndpointSlice.ServiceLabel], s.Metadata.Labels["team"])));
            Assert.NotEmpty(slices);

            // A second look writes nothing.
            Assert.Empty(SliceReconciliation.Plan(_service, SliceReconciliation.FromPods, groups, [.. slices.Values]));
        }
#pragma warning restore CA5394
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_pod_s_change_writes_one_slice()
    {
        var pods = Enumerable.Range(1, 300).Select(i => Pod(i)).ToList();
        var slices = SliceReconciliation.Plan(_service, SliceReconciliation.FromPods, EndpointSelection.Select(_service, pods), [])
            .Select((c, i) => ApiJson.Read<EndpointSlice>(c.Document!) is var s ? s with { Metadata = s.Metadata with { Name = $"web-{i}" } } : s).ToList();
        Assert.Equal(3, slices.Count);
        pods[150] = Pod(151, ready: false);
        Assert.Single(SliceReconciliation.Plan(_service, SliceReconciliation.FromPods, EndpointSelection.Select(_service, pods), slices));
        pods.RemoveAt(20);
        Assert.Equal(2, SliceReconciliation.Plan(_service, SliceReconciliation.FromPods, EndpointSelection.Select(_service, pods), slices).Count);
    }

    private static PodFacts Pod(int number, bool ready = true, bool terminating = false, int? port = 8080) => PodFacts.Of(Document(number, ready, terminating, port));

    private static Pod Document(int number, bool ready = true, bool terminating = false, int? port = 8080) => new()
    {
        Metadata = new()
        {
            Name = $"p{number}",
            Namespace = "default",
            Uid = $"u{number}",
            Labels = new Dictionary<string, string> { ["app"] = "web", ["n"] = $"{number}" },
            DeletionTimestamp = terminating ? DateTimeOffset.UnixEpoch : null,
        },
        Spec = new() { Containers = [new() { Name = "main", Ports = port is { } known ? [new() { Name = "http", Port = known }] : [] }], NodeName = "vm" },
        Status = new()
        {
            Phase = PodPhases.Running,
            PodIP = $"10.83.{number / 250}.{number % 250}",
            ContainerStatuses = [new() { Name = "main", State = new() { Running = new() } }],
            Conditions = [new() { Type = PodConditionTypes.Ready, Status = ready ? ConditionStatuses.True : ConditionStatuses.False }],
        },
    };
}

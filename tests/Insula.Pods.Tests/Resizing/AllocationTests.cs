using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Workers;

namespace Insula.Pods.Tests.Resizing;

/// <summary>What a daemon knows of what was set aside before it, by the written status and by what the kernel shows.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void A_pod_whose_status_tells_nothing_was_never_changed()
    {
        var pod = Pod("200m", allocated: null, limit: null);
        Assert.Equal("200m", $"{Allocation.OfStatus(pod)["web"].Requests["cpu"]}");
    }

    [Fact]
    public void Requests_that_are_set_aside_bring_their_limits_and_others_keep_those_in_force()
    {
        Assert.Equal("400m", $"{Allocation.OfStatus(Pod("200m", "200m", "100m"))["web"].Limits["cpu"]}");
        var pending = Allocation.OfStatus(Pod("200m", "50m", "100m"))["web"];
        Assert.Equal(("50m", "100m"), ($"{pending.Requests["cpu"]}", $"{pending.Limits["cpu"]}"));
    }

    [Theory]
    [InlineData(400, 400, "400m", 400)]
    [InlineData(100, 400, "100m", 400)]
    [InlineData(400, 100, "400m", 100)]
    [InlineData(100, 100, "100m", 100)]
    [InlineData(300, 250, "300m", 250)] // on the way to what nobody wants any more
    public void In_force_is_what_the_kernel_shows(long container, long pod, string actual, long limit)
    {
        var stored = Pod("200m", "200m", "100m");
        var seen = Adoption.WithAllocation(stored, new PodObservation
        {
            Sandbox = new SandboxObservation { Stage = SandboxStage.Ready },
            Containers = new Dictionary<string, ContainerObservation> { ["web"] = new() { Stage = ContainerStage.Running, EverStarted = true } },
        });
        seen = Adoption.WithActual(stored, seen, new(
            (name, limits, resource) => resource == "memory" || limits.CpuLimit == (name is null ? pod : container),
            name => new GroupLimits(GroupLimits.Unknown, name is null ? pod : container, null)));
        Assert.Equal(actual, $"{seen.Container("web").Actual!.Limits["cpu"]}");
        Assert.Equal(limit, seen.Sandbox.Limits!.CpuLimit);
        Assert.Equal((container, pod) != (400, 400), ResizePlan.IsUnderWay(stored.Spec, seen));
    }

    [Fact]
    public void For_a_pod_that_was_never_changed_nothing_is_read()
    {
        var stored = Pod("200m", "200m", "400m");
        stored = stored with { Metadata = stored.Metadata with { Generation = 1 } };
        var seen = Adoption.WithAllocation(stored, new PodObservation
        {
            Sandbox = new SandboxObservation { Stage = SandboxStage.Ready },
            Containers = new Dictionary<string, ContainerObservation> { ["web"] = new() { Stage = ContainerStage.Running, EverStarted = true } },
        });
        seen = Adoption.WithActual(stored, seen, new((_, _, _) => throw new InvalidOperationException("nothing is to be read"), _ => throw new InvalidOperationException("nothing is to be read")));
        Assert.False(ResizePlan.IsUnderWay(stored.Spec, seen));
    }

    private static Pod Pod(string request, string? allocated, string? limit) => ApiJson.Read<Pod>(
        $$"""
        {"metadata":{"name":"p","uid":"u","generation":2},
         "spec":{"containers":[{"name":"web","image":"i","resources":{"requests":{"cpu":"{{request}}"},"limits":{"cpu":"400m"} } }]},
         "status":{"containerStatuses":[{"name":"web"{{(allocated is null ? "" : $$""","allocatedResources":{"cpu":"{{allocated}}"},"resources":{"requests":{"cpu":"50m"},"limits":{"cpu":"{{limit}}"} }""")}} }]} }
        """);
}

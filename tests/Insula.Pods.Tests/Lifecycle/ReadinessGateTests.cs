using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class ReadinessGateTests
{
    [Fact]
    public void APodIsReadyWhenItsContainersAreAndOthersSaySo()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { ReadinessGates = [new PodReadinessGate { ConditionType = "example.com/fed" }] } }).WithRunning();
        Assert.Equal("True", world.Condition("ContainersReady").Status);
        Assert.Equal(("False", Reasons.ReadinessGatesNotReady), (world.Condition("Ready").Status, world.Condition("Ready").Reason));
        Assert.Equal("corresponding condition of pod readiness gate \"example.com/fed\" does not exist.", world.Condition("Ready").Message);
        Set(world, "False");
        Assert.Equal("the status of pod readiness gate \"example.com/fed\" is not \"True\", but False", world.Condition("Ready").Message);
        Set(world, "True");
        Assert.Equal(("True", null), (world.Condition("Ready").Status, world.Condition("Ready").Message));
        Assert.Equal("True", world.Condition("example.com/fed").Status);

        // Containers that are not ready say so first.
        world.Exit(1);
        Assert.Equal(Reasons.ContainersNotReady, world.Condition("Ready").Reason);
    }

    private static void Set(World world, string status)
    {
        List<PodCondition> conditions = [.. world.Status.Conditions.Where(c => c.Type != "example.com/fed"), new PodCondition { Type = "example.com/fed", Status = status }];
        world.Pod = world.Pod with { Status = world.Status with { Conditions = conditions } };
        world.Turn();
    }
}

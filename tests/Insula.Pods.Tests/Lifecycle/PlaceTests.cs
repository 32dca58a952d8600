using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class PlaceTests
{
    private const string Why = "0/1 nodes are available: 1 Insufficient cpu (requested 2, free 1 of 4).";

    [Fact]
    public void APodWithoutAPlaceBeginsNothingAndSaysWhy()
    {
        var world = new World(World.OnePod());
        Assert.Empty(world.Tell(new PodFact.Unplaced(Why)));
        Assert.Equal((PodPhases.Pending, null), (world.Status.Phase, world.Status.StartTime));
        Assert.Equal(("PodScheduled", "False", "Unschedulable", Why), Assert.Single(world.Status.Conditions) is var c ? (c.Type, c.Status, c.Reason, c.Message) : default);
        Assert.Empty(world.Status.ContainerStatuses);
    }

    [Fact]
    public void ItBeginsWhenItGetsOneAndItsDeadlineCountsFromThere()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { ActiveDeadlineSeconds = 10 } });
        world.Tell(new PodFact.Unplaced(Why));
        Assert.Empty(world.Pass(3600));
        Assert.Equal([new PodAction.CreateSandbox(0)], world.Tell(new PodFact.Placed()));
        Assert.Equal(("True", world.Now), (world.Condition("PodScheduled").Status, world.Status.StartTime!.Value));
        Assert.Equal("ContainerCreating", world.Container().State.Waiting?.Reason);
    }

    [Fact]
    public void ItIsNominatedWhileRoomIsBeingMadeForIt()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { NodeName = "here" } });
        world.Tell(new PodFact.Unplaced(Why));
        Assert.Null(world.Status.NominatedNodeName);
        world.Tell(new PodFact.Unplaced(Why, IsNominated: true));
        Assert.Equal("here", world.Status.NominatedNodeName);
        world.Tell(new PodFact.Placed());
        Assert.Null(world.Status.NominatedNodeName);
    }

    [Fact]
    public void OneThatIsDeletedWhileItWaitsGoesAtOnce()
    {
        var world = new World(World.OnePod());
        world.Tell(new PodFact.Unplaced(Why));
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now, DeletionGracePeriodSeconds = 30 } };
        Assert.Equal([new PodAction.Cleanup()], world.Turn());
        Assert.Equal([new PodAction.RemoveObject()], world.Tell(new PodFact.CleanupDone()));
    }
}

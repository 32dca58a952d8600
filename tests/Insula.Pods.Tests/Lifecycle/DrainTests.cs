using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class DrainTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    [Fact]
    public void ADrainedPodEndsWithinItsGraceAndLosesItsSandbox()
    {
        var world = new World(World.OnePod()).WithRunning();
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Tell(new PodFact.Drained(_limit))));
        Assert.Equal((StopCause.Shutdown, TimeSpan.FromSeconds(30)), (stop.Order.Cause, stop.Order.Grace));
        Assert.Empty(world.Pass(29));
        Assert.IsType<PodAction.KillContainer>(Assert.Single(world.Pass(1)));
        Assert.IsType<PodAction.DestroySandbox>(Assert.Single(world.Exit(137)));
        Assert.Empty(world.Tell(new PodFact.SandboxGone(0)));
        Assert.True(world.Seen.IsIdle);
        Assert.Equal((PodPhases.Running, "Terminated"), (world.Status.Phase, world.Container().State.Terminated?.Reason));
        Assert.Null(world.Wake);
    }

    [Fact]
    public void TheLimitShortensALongerGrace()
    {
        var world = new World(World.OnePod()).WithRunning();
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Tell(new PodFact.Drained(TimeSpan.FromSeconds(3)))));
        Assert.Equal(TimeSpan.FromSeconds(3), stop.Order.Grace);
    }

    [Theory]
    [InlineData("Always", 0, PodPhases.Running)]
    [InlineData("OnFailure", 0, PodPhases.Running)]
    [InlineData("OnFailure", 1, PodPhases.Running)]
    [InlineData("Never", 0, PodPhases.Succeeded)]
    [InlineData("Never", 143, PodPhases.Failed)]
    public void WhatADrainEndedGoesOnAfterwardsUnlessItNeverRestarts(string policy, int code, string phase)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        world.Tell(new PodFact.Drained(_limit));
        world.Exit(code);
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Equal(phase, world.Status.Phase);

        // The next daemon knows no more than the status.
        var next = new World(world.Pod) { Seen = Insula.Pods.Workers.Adoption.OfDead(world.Pod, null, Reasons.Rebooted, world.Now) };
        Assert.Equal(phase == PodPhases.Running, next.Turn().Any(a => a is PodAction.CreateSandbox));
        Assert.Equal(phase, next.Status.Phase);
    }

    [Fact]
    public void APodThatWaitsForItsRestartIsNotRestarted()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning().Exit(1);
        Assert.IsType<PodAction.DestroySandbox>(Assert.Single(world.Tell(new PodFact.Drained(_limit))));
        Assert.Empty(world.Pass(3600));
    }

    [Fact]
    public void APodThatIsBeingDeletedIsDeleted()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Delete();
        world.Tell(new PodFact.Drained(_limit));
        world.Exit(0);
        Assert.IsType<PodAction.Cleanup>(Assert.Single(world.Tell(new PodFact.SandboxGone(0))));
    }
}

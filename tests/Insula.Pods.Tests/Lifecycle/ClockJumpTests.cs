using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

/// <summary>The machine's clock is set while something is waited for: it is waited for as long as if it had not been.</summary>
public class ClockJumpTests
{
    public static TheoryData<TimeSpan> Jumps() => new(TimeSpan.FromDays(1), TimeSpan.FromDays(-1), TimeSpan.FromDays(20_000));

    [Theory]
    [MemberData(nameof(Jumps))]
    public void ABackOffIsNeitherCutShortNorLengthened(TimeSpan by)
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Tell(Exit(world, 0));
        world.Tell(new PodFact.ContainerStarted("web", 1, world.Now, "id", null));
        world.Pass(1);
        Assert.Empty(world.Tell(Exit(world, 1)));
        world.Pass(4);
        Assert.Empty(world.Jump(by));
        Assert.Equal(world.Now + TimeSpan.FromSeconds(6), world.Wake);
        Assert.Empty(world.Pass(5.9));
        Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Pass(0.2)));
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public void AGraceIsNeitherCutShortNorLengthened(TimeSpan by)
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now, DeletionGracePeriodSeconds = 30 } };
        Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Turn()));
        world.Pass(10);
        Assert.Empty(world.Jump(by));
        Assert.Empty(world.Pass(19.9));
        Assert.IsType<PodAction.KillContainer>(Assert.Single(world.Pass(0.2)));
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public void ARefusedStartIsTriedAgainWhenItsTimeHasPassed(TimeSpan by)
    {
        var world = new World(World.OnePod());
        world.Turn();
        world.Tell(new PodFact.SandboxRefused(0, "FailedCreatePodSandBox", "no", Abandoned: false));
        Assert.Empty(world.Jump(by));
        Assert.Equal(world.Now + world.Rules.RetryInitial, world.Wake);
        Assert.IsType<PodAction.CreateSandbox>(Assert.Single(world.Pass(world.Rules.RetryInitial.TotalSeconds)));
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public void WhatRunsStaysWhatItIs(TimeSpan by)
    {
        var pod = World.OnePod("Always", new Container { Name = "web", Image = "busybox", ReadinessProbe = new Probe() });
        var world = new World(pod with { Spec = pod.Spec with { ActiveDeadlineSeconds = 3600 } }).WithRunning();
        world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Readiness, ProbeVerdict.Success));
        var before = world.Status;
        world.Pass(600);
        Assert.Empty(world.Jump(by));
        Assert.Equal(before.Phase, world.Status.Phase);
        Assert.Equal(before.Conditions, world.Status.Conditions);
        Assert.Equal(world.Now - TimeSpan.FromSeconds(600), world.Container().State.Running!.StartedAt);
        world.Pass(2999);
        Assert.Equal("Running", world.Status.Phase);
        Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Pass(2)));
    }

    [Fact]
    public void AnEndThatTheOldClockDatedIsNotWaitedFor()
    {
        var world = new World(World.OnePod()).WithRunning();
        Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Tell(
            new PodFact.ContainerExited("web", 0, 1, Reasons.Error, "", null, world.Now + TimeSpan.FromDays(1)))));
    }

    private static PodFact.ContainerExited Exit(World world, int attempt) => new("web", attempt, 1, Reasons.Error, "", null, world.Now);
}

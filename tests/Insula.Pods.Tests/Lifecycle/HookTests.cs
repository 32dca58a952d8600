using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class HookTests
{
    private static readonly LifecycleHandler Handler = new() { Exec = new ExecAction { Command = ["true"] } };

    [Fact]
    public void PostStartRunsAfterTheStartAndHoldsTheStatusBack()
    {
        var world = new World(World.OnePod("Always", Web(postStart: true))).WithSandbox();
        Assert.Equal([new PodAction.RunHook("web", 0, HookKind.PostStart, null)], world.Tell(new PodFact.ContainerStarted("web", 0, world.Now, "sha256:1")));
        Assert.Equal((PodPhases.Pending, "ContainerCreating"), (world.Status.Phase, world.Container().State.Waiting?.Reason));
        Assert.False(world.Container().Started);
        Assert.Null(world.Container().ContainerID);
        Assert.Empty(world.Tell(new PodFact.HookEnded("web", 0, HookKind.PostStart, true)));
        Assert.Equal(PodPhases.Running, world.Status.Phase);
        Assert.True(world.Container().Ready);
    }

    [Theory]
    [InlineData("Always", 1, true)]
    [InlineData("OnFailure", 1, true)]
    [InlineData("OnFailure", 0, false)]
    [InlineData("Never", 1, false)]
    public void AFailedPostStartEndsTheContainerAndThePolicySaysWhatFollows(string policy, int code, bool again)
    {
        var world = new World(World.OnePod(policy, Web(postStart: true))).WithRunning();
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Tell(new PodFact.HookEnded("web", 0, HookKind.PostStart, false))));
        Assert.Equal((StopCause.PostStart, TimeSpan.FromSeconds(30), true), (stop.Order.Cause, stop.Order.Grace, stop.Signals));
        Assert.Equal(again, world.Exit(code).Any(a => a is PodAction.StartContainer { Attempt: 1 }));
        if (!again)
        {
            Assert.Equal(code == 0 ? PodPhases.Succeeded : PodPhases.Failed, world.Status.Phase);
        }
    }

    [Fact]
    public void ARestartWhosePostStartRunsIsStillShownAsTheEndBeforeIt()
    {
        var world = new World(World.OnePod("Always", Web(postStart: true))).WithRunning();
        world.Tell(new PodFact.HookEnded("web", 0, HookKind.PostStart, true));
        world.Exit(3);
        world.WithRunning();
        Assert.Equal((0, 3), (world.Container().RestartCount, world.Container().State.Terminated?.ExitCode));
        world.Tell(new PodFact.HookEnded("web", 0, HookKind.PostStart, true)); // of the start before: ignored
        Assert.Equal(0, world.Container().RestartCount);
        world.Tell(new PodFact.HookEnded("web", 1, HookKind.PostStart, true));
        Assert.Equal((1, 3), (world.Container().RestartCount, world.Container().LastState.Terminated?.ExitCode));
    }

    [Fact]
    public void PreStopComesBeforeTheSignalAndItsTimeIsTheGraces()
    {
        var world = new World(World.OnePod("Always", Web(preStop: true))).WithRunning();
        var ordered = world.Delete(30);
        Assert.False(Assert.IsType<PodAction.StopContainer>(ordered[0]).Signals);
        Assert.Equal(new PodAction.RunHook("web", 0, HookKind.PreStop, world.Now.AddSeconds(30)), ordered[1]);
        Assert.Equal(2, ordered.Count);
        Assert.Empty(world.Pass(10));
        Assert.Equal([new PodAction.SignalContainer("web", 0, world.Now)], world.Tell(new PodFact.HookEnded("web", 0, HookKind.PreStop, false)));
        Assert.Empty(world.Pass(19.9));
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(0.1));
    }

    [Fact]
    public void APreStopThatUsesUpTheGraceLeavesTwoSecondsForTheSignal()
    {
        var world = new World(World.OnePod("Always", Web(preStop: true))).WithRunning();
        world.Delete(30);
        Assert.Equal([new PodAction.SignalContainer("web", 0, world.Now.AddSeconds(30))], world.Pass(30));
        Assert.Equal(world.Now.AddSeconds(2), world.Wake);
        Assert.Empty(world.Pass(1.9));
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(0.1));
    }

    [Fact]
    public void WithoutGraceNoPreStopRunsAndALaterDeleteWithoutGraceCutsItOff()
    {
        var world = new World(World.OnePod("Always", Web(preStop: true))).WithRunning();
        Assert.DoesNotContain(world.Delete(0), a => a is PodAction.RunHook or PodAction.SignalContainer);
        Assert.Contains(world.History, a => a is PodAction.KillContainer);

        world = new World(World.OnePod("Always", Web(preStop: true))).WithRunning();
        world.Delete(30);
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Delete(0));
    }

    [Fact]
    public void LivenessRestartsRunPreStopToo()
    {
        var web = Web(preStop: true) with { LivenessProbe = new Probe { TerminationGracePeriodSeconds = 7 } };
        var world = new World(World.OnePod("Always", web)).WithRunning();
        var ordered = world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Liveness, ProbeVerdict.Failure));
        Assert.Equal(new StopOrder(StopCause.Liveness, world.Now, TimeSpan.FromSeconds(7)), Assert.IsType<PodAction.StopContainer>(ordered[0]).Order);
        Assert.Equal(new PodAction.RunHook("web", 0, HookKind.PreStop, world.Now.AddSeconds(7)), ordered[1]);
    }

    [Fact]
    public void ASidecarIsToldOfTheEndAtOnceAndSignalledInItsTurn()
    {
        var pod = World.OnePod();
        var side = Web(preStop: true) with { Name = "side", RestartPolicy = "Always" };
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [side] } }).WithRunning("side").WithRunning();
        var ordered = world.Delete(30);
        Assert.Contains(new PodAction.RunHook("side", 0, HookKind.PreStop, world.Now.AddSeconds(30)), ordered);
        Assert.DoesNotContain(ordered, a => a is PodAction.StopContainer { Name: "side" });
        world.Tell(new PodFact.HookEnded("side", 0, HookKind.PreStop, true));
        Assert.True(Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Exit(0))).Signals);
    }

    [Fact]
    public void PostStartOfASidecarHoldsTheNextContainerBack()
    {
        var pod = World.OnePod();
        var side = Web(postStart: true) with { Name = "side", RestartPolicy = "Always" };
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [side] } }).WithRunning("side");
        Assert.DoesNotContain(world.History, a => a is PodAction.StartContainer { Name: "web" });
        Assert.Single(world.Tell(new PodFact.HookEnded("side", 0, HookKind.PostStart, true)), a => a is PodAction.StartContainer { Name: "web" });
    }

    private static Container Web(bool postStart = false, bool preStop = false) => new()
    {
        Name = "web",
        Image = "busybox",
        Lifecycle = new() { PostStart = postStart ? Handler : null, PreStop = preStop ? Handler : null },
    };
}

using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class RestartTests
{
    [Fact]
    public void TheFirstRestartComesAtOnceThenTheDelayDoublesToItsMaximum()
    {
        var world = new World(World.OnePod()).WithRunning();
        Assert.Single(world.Exit(1), a => a is PodAction.StartContainer { Attempt: 1 });
        foreach (var delay in (int[])[10, 20, 40, 80, 160, 300, 300])
        {
            world.WithRunning();
            Assert.Empty(world.Exit(1));
            Assert.Equal(world.Now.AddSeconds(delay), world.Wake);
            Assert.Empty(world.Pass(delay - 0.5));
            Assert.Single(world.Pass(0.5), a => a is PodAction.StartContainer);
        }

        Assert.Equal(7, world.Container().RestartCount);
    }

    [Fact]
    public void WaitingForARestartShowsAsCrashLoopBackOff()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning().Exit(1);
        Assert.Equal("CrashLoopBackOff", world.Container().State.Waiting?.Reason);
        Assert.Equal(
            "back-off 10s restarting failed container=web pod=p_default(11111111-2222-3333-4444-555555555555)",
            world.Container().State.Waiting?.Message);
        Assert.Equal(1, world.Container().LastState.Terminated?.ExitCode);
        Assert.Equal("Error", world.Container().LastState.Terminated?.Reason);
        Assert.Equal(1, world.Container().RestartCount);
        Assert.False(world.Container().Started);
        Assert.Equal(PodPhases.Running, world.Status.Phase);
    }

    [Fact]
    public void AContainerThatRanLongEnoughBeginsAnew()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning().Exit(1);
        world.Pass(10);
        world.WithRunning();
        world.Pass(601);
        Assert.Single(world.Exit(1), a => a is PodAction.StartContainer { BackOff.Delay.TotalSeconds: 10 });
    }

    [Theory]
    [InlineData("Always", 0, true, PodPhases.Running)]
    [InlineData("Always", 3, true, PodPhases.Running)]
    [InlineData("OnFailure", 0, false, PodPhases.Succeeded)]
    [InlineData("OnFailure", 3, true, PodPhases.Running)]
    [InlineData("Never", 0, false, PodPhases.Succeeded)]
    [InlineData("Never", 3, false, PodPhases.Failed)]
    public void ThePolicyDecidesWhatFollowsAnExit(string policy, int code, bool restarts, string phase)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        var ordered = world.Exit(code);
        Assert.Equal(restarts, ordered.Any(a => a is PodAction.StartContainer));
        Assert.Equal(!restarts, ordered.Any(a => a is PodAction.DestroySandbox));
        Assert.Equal(phase, world.Status.Phase);
    }

    [Fact]
    public void AFinishedPodKeepsItsPhaseAddressAndExit()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Exit(0);
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Empty(world.Pass(1000));
        Assert.Equal(PodPhases.Succeeded, world.Status.Phase);
        Assert.Equal("10.83.0.2", world.Status.PodIP);
        Assert.Equal("Completed", world.Container().State.Terminated?.Reason);
        Assert.Equal("PodCompleted", world.Condition("Ready").Reason);
        Assert.Equal("PodCompleted", world.Condition("Initialized").Reason);
    }

    [Fact]
    public void AnOutOfMemoryKillShowsAsSuch()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Exit(137, reason: "OOMKilled");
        Assert.Equal("OOMKilled", world.Container().State.Terminated?.Reason);
        Assert.Equal(137, world.Container().State.Terminated?.ExitCode);
        Assert.Equal("PodFailed", world.Condition("Ready").Reason);
    }

    [Fact]
    public void AStartThatFailsIsARestartWithTheReasonInWords()
    {
        var world = new World(World.OnePod()).WithSandbox();
        Assert.Single(world.Tell(new PodFact.ContainerStartFailed("web", 0, "exec: \"nope\": not found")));
        Assert.Empty(world.Tell(new PodFact.ContainerStartFailed("web", 1, "exec: \"nope\": not found")));
        Assert.Equal("RunContainerError", world.Container().State.Waiting?.Reason);
        Assert.StartsWith("exec: \"nope\": not found; back-off 10s", world.Container().State.Waiting?.Message);
        Assert.Equal("StartError", world.Container().LastState.Terminated?.Reason);
        Assert.Equal(128, world.Container().LastState.Terminated?.ExitCode);
        Assert.Equal(1, world.Container().RestartCount);
    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData("OnFailure", true)]
    [InlineData("Never", false)]
    public void AFailedLivenessProbeStopsWithGraceAndReplacesByPolicy(string policy, bool replaced)
    {
        var container = new Container { Name = "web", Image = "busybox", LivenessProbe = new Probe { TerminationGracePeriodSeconds = 5 } };
        var world = new World(World.OnePod(policy, container)).WithRunning();
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Liveness, ProbeVerdict.Failure))));
        Assert.Equal((StopCause.Liveness, TimeSpan.FromSeconds(5)), (stop.Order.Cause, stop.Order.Grace));
        Assert.False(world.Container().Ready);
        Assert.Empty(world.Pass(4.9));
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(0.1));

        // Even with exit code 0 it is replaced: it did not end of its own will.
        Assert.Equal(replaced, world.Exit(0).Any(a => a is PodAction.StartContainer { Attempt: 1 }));
    }

    [Fact]
    public void TheStartupProbeHoldsReadinessBackAndItsFailureReplaces()
    {
        var container = new Container { Name = "web", Image = "busybox", StartupProbe = new Probe() };
        var world = new World(World.OnePod("Always", container)).WithRunning();
        Assert.False(world.Container().Started);
        Assert.False(world.Container().Ready);
        Assert.Single(world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Startup, ProbeVerdict.Failure)), a => a is PodAction.StopContainer { Order.Cause: StopCause.Startup });
        world.Exit(143);
        world.WithRunning();
        world.Tell(new PodFact.ProbeChanged("web", 1, ProbeKind.Startup, ProbeVerdict.Success));
        Assert.True(world.Container().Started);
        Assert.True(world.Container().Ready);
    }

    [Fact]
    public void ReadinessGoesAndComesWithoutARestart()
    {
        var container = new Container { Name = "web", Image = "busybox", ReadinessProbe = new Probe() };
        var world = new World(World.OnePod("Always", container)).WithRunning();
        Assert.Equal("False", world.Condition("Ready").Status);
        world.Pass(3);
        world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Readiness, ProbeVerdict.Success));
        Assert.Equal("True", world.Condition("Ready").Status);
        Assert.Equal(world.Now, world.Condition("Ready").LastTransitionTime);
        world.Pass(5);
        Assert.NotEqual(world.Now, world.Condition("Ready").LastTransitionTime);
        Assert.Empty(world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Readiness, ProbeVerdict.Failure)));
        Assert.Equal("False", world.Condition("Ready").Status);
        Assert.Equal(0, world.Container().RestartCount);
    }

    [Fact]
    public void AChangedImageRestartsThatContainerInPlaceWithoutBackOff()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Pod = world.Pod with { Spec = world.Pod.Spec with { Containers = [new Container { Name = "web", Image = "busybox:2" }] } };
        Assert.Single(world.Turn(), a => a is PodAction.StopContainer { Order.Cause: StopCause.ImageChange });
        Assert.Equal([new PodAction.StartContainer("web", 1, "busybox:2", null)], world.Exit(143));
        world.WithRunning();
        Assert.Empty(world.Turn());
        Assert.Equal("busybox:2", world.Container().Image);
    }

    [Fact]
    public void FactsAboutAnEarlierStartAreIgnored()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning();
        var before = world.Seen;
        world.Tell(new PodFact.ContainerExited("web", 0, 1, "Error", "", null, world.Now));
        world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Liveness, ProbeVerdict.Failure));
        world.Tell(new PodFact.ContainerStarted("web", 0, world.Now, "x"));
        world.Tell(new PodFact.SandboxLost(7, "SandboxDied"));
        Assert.Same(before, world.Seen);
    }

    [Fact]
    public void AnExitMayBeToldBeforeTheAnswerToTheStart()
    {
        var world = new World(World.OnePod("Never")).WithSandbox();
        world.Exit(0);
        world.Tell(new PodFact.ContainerStarted("web", 0, world.Now, "sha256:1"));
        Assert.Equal(world.Now, world.Container().State.Terminated?.StartedAt);
        Assert.Equal(PodPhases.Succeeded, world.Status.Phase);
    }
}

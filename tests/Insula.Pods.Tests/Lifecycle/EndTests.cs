using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class EndTests
{
    [Fact]
    public void ADeletedPodServesWhileItIsStoppedThenIsKilledThenRemoved()
    {
        var world = new World(World.OnePod()).WithRunning();
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Delete(30)));
        Assert.Equal((StopCause.Deletion, TimeSpan.FromSeconds(30)), (stop.Order.Cause, stop.Order.Grace));
        Assert.Equal("True", world.Condition("Ready").Status);
        Assert.True(world.Container().Ready);
        Assert.NotNull(world.Container().State.Running);
        Assert.Empty(world.Pass(29));
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(1));
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Exit(137));
        Assert.Equal("False", world.Condition("Ready").Status);
        Assert.Equal([new PodAction.Cleanup()], world.Tell(new PodFact.SandboxGone(0)));
        Assert.Equal([new PodAction.RemoveObject()], world.Tell(new PodFact.CleanupDone()));
        Assert.Empty(world.Pass(1000));
    }

    [Fact]
    public void ContainerThatExitsOnItsSignalEndsThePodAtOnce()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Delete();
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Exit(143));
        Assert.Equal(0, world.Container().RestartCount);
    }

    [Fact]
    public void WithoutGraceTheKillFollowsAtOnce()
    {
        var world = new World(World.OnePod()).WithRunning();
        Assert.Contains(new PodAction.KillContainer("web", 0), world.Delete(0));
    }

    [Fact]
    public void ASecondDeleteMayOnlyShortenTheGrace()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Delete(30);
        world.Pass(2);
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Delete(1));
    }

    [Fact]
    public void FinalizersHoldTheObjectNotTheProcesses()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Metadata = pod.Metadata with { Finalizers = ["example.com/hold"] } }).WithRunning();
        world.Delete();
        world.Exit(143);
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Empty(world.Tell(new PodFact.CleanupDone()));
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { Finalizers = [] } };
        Assert.Equal([new PodAction.RemoveObject()], world.Turn());
    }

    [Fact]
    public void APodDeletedBeforeItBeganNeedsOnlyItsCleanup()
    {
        var world = new World(World.OnePod());
        Assert.Equal([new PodAction.Cleanup()], world.Delete());
    }

    [Fact]
    public void ADeletionDuringAStartWaitsForItsAnswer()
    {
        var world = new World(World.OnePod()).WithSandbox();
        Assert.Empty(world.Delete());
        Assert.Single(world.Tell(new PodFact.ContainerStarted("web", 0, world.Now, "x")), a => a is PodAction.StopContainer);
    }

    [Fact]
    public void ADeletionDuringTheSandboxWaitsForItAndRemovesIt()
    {
        var world = new World(World.OnePod());
        world.Turn();
        Assert.Empty(world.Delete());
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Tell(new PodFact.SandboxReady(0, ["10.0.0.1"])));
    }

    [Fact]
    public void WhatCannotBeRemovedIsTriedAgain()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Delete();
        world.Exit(0);
        Assert.Empty(world.Tell(new PodFact.SandboxStuck(0, "busy")));
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Pass(1));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Empty(world.Tell(new PodFact.CleanupFailed("busy")));
        Assert.Equal([new PodAction.Cleanup()], world.Pass(1));
    }

    [Fact]
    public void SidecarsEndAfterTheOthersTheLastFirst()
    {
        var pod = World.OnePod();
        var world = new World(pod with
        {
            Spec = pod.Spec with
            {
                InitContainers = [new Container { Name = "s1", Image = "i", RestartPolicy = "Always" }, new Container { Name = "s2", Image = "i", RestartPolicy = "Always" }],
            },
        });
        world.WithRunning("s1").WithRunning("s2").WithRunning("web");
        Assert.Equal("web", Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Delete())).Name);
        world.Pass(10);
        var second = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Exit(143, "web")));
        Assert.Equal(("s2", 20.0), (second.Name, second.Order.Grace.TotalSeconds));
        Assert.Equal("s1", Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Exit(143, "s2"))).Name);
    }

    [Fact]
    public void WhatIsLeftForASidecarIsReckonedOnceHoweverOftenItIsLookedAt()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "s", Image = "i", RestartPolicy = "Always" }] } });
        world.WithRunning("s").WithRunning("web");
        world.Delete(30);
        world.Pass(10);
        Assert.Equal(20, Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Exit(143, "web"))).Order.Grace.TotalSeconds);
        for (var second = 11; second < 30; second++)
        {
            Assert.Empty(world.Pass(1));
            Assert.Equal(World.Start.AddSeconds(30), world.Wake);
        }

        Assert.Equal([new PodAction.KillContainer("s", 0)], world.Pass(1));
    }

    [Fact]
    public void ASecondDeleteShortensWhatIsLeftForASidecar()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "s", Image = "i", RestartPolicy = "Always" }] } });
        world.WithRunning("s").WithRunning("web");
        world.Delete(30);
        world.Pass(10);
        world.Exit(143, "web");
        world.Pass(1);
        Assert.Empty(world.Delete(15));
        Assert.Empty(world.Pass(3));
        Assert.Equal([new PodAction.KillContainer("s", 0)], world.Pass(1));
    }

    /// <summary>The end has begun when the first was stopped, whether or not that one has ended.</summary>
    [Fact]
    public void TheHookOfASidecarThatBeganLateHasWhatIsLeft()
    {
        var pod = World.OnePod();
        var sidecar = new Container { Name = "s", Image = "i", RestartPolicy = "Always", Lifecycle = new() { PreStop = new LifecycleHandler { Exec = new ExecAction { Command = ["true"] } } } };
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [sidecar] } });
        world.WithRunning("s").WithRunning("web");
        Assert.Single(world.Exit(0, "s"), a => a is PodAction.StartContainer { Name: "s" });
        world.Delete(30);
        world.Pass(10);
        var hook = Assert.IsType<PodAction.RunHook>(Assert.Single(world.Tell(new PodFact.ContainerStarted("s", 1, world.Now, "x")), a => a is PodAction.RunHook));
        Assert.Equal(world.Now.AddSeconds(20), hook.Deadline);
    }

    [Fact]
    public void TheActiveDeadlineFailsThePod()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { ActiveDeadlineSeconds = 60 } }).WithRunning();
        Assert.Equal(world.Status.StartTime!.Value.AddSeconds(60), world.Wake);
        Assert.Single(world.Pass(60), a => a is PodAction.StopContainer { Order.Cause: StopCause.PodOver });
        world.Exit(143);
        Assert.Equal((PodPhases.Failed, "DeadlineExceeded"), (world.Status.Phase, world.Status.Reason));
    }

    [Fact]
    public void ARejectedPodFailsAtOnceAndForGood()
    {
        var world = new World(World.OnePod());
        Assert.Single(world.Turn(), a => a is PodAction.CreateSandbox);
        Assert.Empty(world.Tell(new PodFact.Rejected(0, "SysctlForbidden", "forbidden sysctl")));
        Assert.Equal((PodPhases.Failed, "SysctlForbidden", "Pod was rejected: forbidden sysctl"), (world.Status.Phase, world.Status.Reason, world.Status.Message));
        Assert.Empty(world.Status.ContainerStatuses);

        // A later daemon knows the status alone.
        world.Seen = PodObservation.Empty;
        Assert.Empty(world.Pass(1000));
        Assert.Equal((PodPhases.Failed, "SysctlForbidden"), (world.Status.Phase, world.Status.Reason));
        Assert.Empty(world.Status.ContainerStatuses);
        Assert.Contains(world.Delete(), a => a is PodAction.Cleanup);
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Never")]
    public void AnEvictedPodIsStoppedAtOnceAndFails(string policy)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        world.Evict("too much");
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Turn()));
        Assert.Equal((StopCause.PodOver, TimeSpan.FromSeconds(1)), (stop.Order.Cause, stop.Order.Grace));
        Assert.Equal((PodPhases.Running, "False"), (world.Status.Phase, world.Condition("Ready").Status));
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(1));
        world.Exit(137);
        Assert.Equal((PodPhases.Failed, "Evicted", "too much"), (world.Status.Phase, world.Status.Reason, world.Status.Message));
    }

    /// <summary>Its own grace holds where that is less.</summary>
    [Theory]
    [InlineData(20, 20)]
    [InlineData(60, 30)]
    public void AnEvictionWithAGraceGivesNoMoreThanThat(long most, int grace)
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Evict("too much", most);
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Turn()));
        Assert.Equal(TimeSpan.FromSeconds(grace), stop.Order.Grace);
        Assert.Empty(world.Pass(grace - 5));

        // Short of more by now.
        world.Pod = world.Pod with { Status = world.Pod.Status with { Conditions = [.. world.Pod.Status.Conditions.Select(c => c with { GracePeriodSeconds = null })] } };
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Turn());
    }

    [Fact]
    public void AnEvictionShortensTheGraceOfWhatIsEnding()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Delete(30);
        world.Evict("too much");
        world.Turn();
        Assert.Equal([new PodAction.KillContainer("web", 0)], world.Pass(1));
    }

    [Fact]
    public void AnEvictionThatComesTooLateChangesNothing()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Seen = PodReducer.Apply(world.Seen, new PodFact.ContainerExited("web", 0, 0, "Completed", "", null, world.Now), world.Now, world.Rules);
        world.Evict("too much");
        world.Turn();
        Assert.Equal((PodPhases.Succeeded, null), (world.Status.Phase, world.Status.Reason));
    }

    [Theory]
    [InlineData("Always", Reasons.SandboxDied)]
    [InlineData("OnFailure", Reasons.Rebooted)]
    [InlineData("Never", Reasons.SandboxDied)]
    [InlineData("Never", Reasons.Rebooted)]
    public void ALostSandboxIsReplacedUnlessThePolicyIsNever(string policy, string why)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Tell(new PodFact.SandboxLost(0, why)));
        Assert.Equal((137, why), (world.Container().State.Terminated?.ExitCode, world.Container().State.Terminated?.Reason));
        var after = world.Tell(new PodFact.SandboxGone(0));
        if (policy == "Never")
        {
            Assert.Empty(after);
            Assert.Equal(PodPhases.Failed, world.Status.Phase);
            return;
        }

        Assert.Equal([new PodAction.CreateSandbox(1)], after);
        Assert.Single(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])), a => a is PodAction.StartContainer { Attempt: 1 });
        world.WithRunning();
        Assert.Equal(1, world.Container().RestartCount);
        Assert.Equal("10.83.0.3", world.Status.PodIP);
        Assert.Equal("True", world.Condition("Ready").Status);
    }

    [Fact]
    public void InitContainersRunAgainInANewSandbox()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "a", Image = "i" }] } }).WithRunning("a");
        world.Exit(0, "a");
        world.WithRunning("web");
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Equal(1, Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])))).Attempt);
        world.WithRunning("a");
        Assert.Single(world.Exit(0, "a"), a => a is PodAction.StartContainer { Name: "web", Attempt: 1 });
    }

    [Fact]
    public void ALostSandboxIsNoCrashOfItsContainers()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning();
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Single(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])), a => a is PodAction.StartContainer { Attempt: 2 });
    }

    [Fact]
    public void AStartInFlightThatMayHaveRunItsProgramIsCounted()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied, new HashSet<string> { "web" }));
        Assert.Equal(Reasons.SandboxDied, world.Container().State.Terminated?.Reason);
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Single(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])), a => a is PodAction.StartContainer { Attempt: 1 });
    }

    [Fact]
    public void AStartInFlightDiesWithItsSandboxUncounted()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        world.Tell(new PodFact.ContainerStarted("web", 0, world.Now, "x"));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Equal([new PodAction.StartContainer("web", 0, "busybox", null)], world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])));
    }
}

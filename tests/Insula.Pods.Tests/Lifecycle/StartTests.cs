using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class StartTests
{
    [Fact]
    public void ANewPodIsPendingAndGetsASandbox()
    {
        var world = new World(World.OnePod());
        Assert.Equal([new PodAction.CreateSandbox(0)], world.Turn());
        Assert.Equal(PodPhases.Pending, world.Status.Phase);
        Assert.Equal("ContainerCreating", world.Container().State.Waiting?.Reason);
        Assert.Equal("BestEffort", world.Status.QosClass);
        Assert.Equal("True", world.Condition("PodScheduled").Status);
        Assert.Equal("True", world.Condition("Initialized").Status);
        Assert.Equal("False", world.Condition("PodReadyToStartContainers").Status);
        Assert.Equal("containers with unready status: [web]", world.Condition("Ready").Message);
        Assert.Equal("ContainersNotReady", world.Condition("ContainersReady").Reason);
    }

    [Fact]
    public void WithASandboxItsContainersStart()
    {
        var world = new World(World.OnePod());
        world.Turn();
        var ordered = world.Tell(new PodFact.SandboxReady(0, ["10.83.0.2", "fd00::2"]));
        Assert.Equal(new PodAction.StartContainer("web", 0, "busybox", null), Assert.Single(ordered));
        Assert.Equal("10.83.0.2", world.Status.PodIP);
        Assert.Equal(2, world.Status.PodIPs.Count);
        Assert.Equal("True", world.Condition("PodReadyToStartContainers").Status);
    }

    [Fact]
    public void WithoutProbesARunningContainerIsReady()
    {
        var world = new World(World.OnePod()).WithRunning();
        Assert.Equal(PodPhases.Running, world.Status.Phase);
        Assert.Equal("True", world.Condition("Ready").Status);
        Assert.True(world.Container().Ready);
        Assert.True(world.Container().Started);
        Assert.Equal("insula://11111111-2222-3333-4444-555555555555/web.0", world.Container().ContainerID);
        Assert.NotNull(world.Container().State.Running);
    }

    [Fact]
    public void AFailedSandboxIsTriedAgainWithGrowingDelay()
    {
        var world = new World(World.OnePod());
        world.Turn();
        Assert.Empty(world.Tell(new PodFact.SandboxRefused(0, "FailedMount", "no such directory")));
        Assert.Equal(world.Now.AddSeconds(1), world.Wake);
        Assert.Equal(("ContainerCreating", "no such directory"), (world.Container().State.Waiting?.Reason, world.Container().State.Waiting?.Message));
        Assert.Single(world.Pass(1));
        Assert.Empty(world.Tell(new PodFact.SandboxRefused(0, "FailedMount", "no such directory")));
        Assert.Equal(world.Now.AddSeconds(2), world.Wake);
        Assert.Empty(world.Pass(1.9));
        Assert.Equal([new PodAction.CreateSandbox(0)], world.Pass(0.1));
    }

    [Fact]
    public void ASandboxWhoseMakingHangsIsLeftBehindForANewOne()
    {
        var world = new World(World.OnePod());
        world.Turn();
        world.Tell(new PodFact.SandboxRefused(0, "FailedCreatePodSandBox", "hangs", Abandoned: true));
        Assert.Equal([new PodAction.CreateSandbox(1)], world.Pass(1));
        world.Tell(new PodFact.SandboxReady(0, ["10.83.0.2"]));
        Assert.Equal(SandboxStage.Creating, world.Seen.Sandbox.Stage);
    }

    [Fact]
    public void InitContainersRunOneAfterAnotherAndBeforeTheOthers()
    {
        var pod = World.OnePod();
        pod = pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "a", Image = "i" }, new Container { Name = "b", Image = "i" }] } };
        var world = new World(pod).WithSandbox();
        Assert.Equal("PodInitializing", world.Container("web").State.Waiting?.Reason);
        Assert.Equal("ContainersNotInitialized", world.Condition("Initialized").Reason);
        Assert.Equal("containers with incomplete status: [a b]", world.Condition("Initialized").Message);
        Assert.Equal([new PodAction.CreateSandbox(0), new PodAction.StartContainer("a", 0, "i", null)], world.History);
        world.WithRunning("a");
        Assert.Equal(PodPhases.Pending, world.Status.Phase);
        Assert.Equal([new PodAction.StartContainer("b", 0, "i", null)], world.Exit(0, "a"));
        world.WithRunning("b");
        Assert.Equal([new PodAction.StartContainer("web", 0, "busybox", null)], world.Exit(0, "b"));
        Assert.Equal("True", world.Condition("Initialized").Status);
    }

    [Fact]
    public void AFailedInitContainerIsRetriedOrFailsThePodByPolicy()
    {
        foreach (var policy in (string[])["Always", "OnFailure", "Never"])
        {
            var pod = World.OnePod(policy);
            var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "a", Image = "i" }] } }).WithRunning("a");
            var ordered = world.Exit(1, "a");
            if (policy == "Never")
            {
                Assert.Equal([new PodAction.DestroySandbox(0)], ordered);
                Assert.Equal(PodPhases.Failed, world.Status.Phase);
            }
            else
            {
                Assert.Equal(1, Assert.IsType<PodAction.StartContainer>(Assert.Single(ordered)).Attempt);
                Assert.Equal(PodPhases.Pending, world.Status.Phase);
            }
        }
    }

    [Fact]
    public void ASidecarHoldsTheOthersOnlyUntilItHasStarted()
    {
        var sidecar = new Container { Name = "side", Image = "i", RestartPolicy = "Always", StartupProbe = new Probe() };
        var pod = World.OnePod("Never");
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [sidecar] } }).WithRunning("side");
        Assert.DoesNotContain(world.History, a => a is PodAction.StartContainer { Name: "web" });
        Assert.Single(world.Tell(new PodFact.ProbeChanged("side", 0, ProbeKind.Startup, ProbeVerdict.Success)), a => a is PodAction.StartContainer { Name: "web" });
        world.WithRunning("web");

        // It restarts whatever the pod's policy, and does not hold what already runs.
        Assert.Single(world.Exit(0, "side"), a => a is PodAction.StartContainer { Name: "side", Attempt: 1 });
        world.WithRunning("side");

        // The main container's end is the pod's; the sidecar is ended after it.
        Assert.Single(world.Exit(0, "web"), a => a is PodAction.StopContainer { Name: "side", Order.Cause: StopCause.PodOver });
        Assert.Equal(PodPhases.Running, world.Status.Phase);
        world.Exit(143, "side");
        Assert.Equal(PodPhases.Succeeded, world.Status.Phase);
    }

    [Theory]
    [InlineData(Reasons.ErrImagePull, true)]
    [InlineData(Reasons.ErrImageNeverPull, true)]
    [InlineData(Reasons.CreateContainerConfigError, false)]
    public void ARefusedStartWaitsWithItsReasonAndCountsNoRestart(string reason, bool image)
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.ContainerRefused("web", 0, reason, "because"));
        Assert.Equal(reason, world.Container().State.Waiting?.Reason);
        Assert.Contains("because", world.Container().State.Waiting?.Message);
        Assert.Equal(0, world.Container().RestartCount);
        Assert.Null(world.Container().ContainerID);
        Assert.Equal(PodPhases.Pending, world.Status.Phase);
        Assert.Equal(world.Now.AddSeconds(10), world.Wake);
        Assert.Equal(image, world.Tell(new PodFact.ImagesChanged()).Count == 1);
    }

    [Fact]
    public void WhatWaitsForAnObjectIsTriedAtOnceAndWaitsOnWhenItIsStillMissing()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.CreateContainerConfigError, "configmap \"m\" not found"));
        Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Tell(new PodFact.ReferencesChanged())));

        // Not at once again, which would go round and round.
        Assert.Empty(world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.CreateContainerConfigError, "configmap \"m\" not found")));
        Assert.Equal(world.Now.AddSeconds(20), world.Wake);
    }

    [Fact]
    public void AVolumeThatWaitsForAnObjectIsTriedAtOnce()
    {
        var world = new World(World.OnePod());
        world.Turn();
        world.Tell(new PodFact.SandboxRefused(0, Reasons.FailedMount, "configmap \"m\" not found"));
        Assert.Equal([new PodAction.CreateSandbox(0)], world.Tell(new PodFact.ReferencesChanged()));
        Assert.Empty(world.Tell(new PodFact.SandboxRefused(0, Reasons.FailedMount, "configmap \"m\" not found")));
        Assert.Equal(world.Now.AddSeconds(2), world.Wake);
    }

    [Fact]
    public void AnImageThatIsStillMissingAfterALoadWaitsOn()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.ErrImagePull, "load it"));
        Assert.Single(world.Tell(new PodFact.ImagesChanged()));
        Assert.Empty(world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.ErrImagePull, "load it")));
        Assert.Equal(world.Now.AddSeconds(20), world.Wake);
    }

    [Fact]
    public void AStartWaitsForItsImageAndGoesOnWithTheSameNumber()
    {
        var world = new World(World.OnePod()).WithSandbox();
        Assert.Empty(world.Tell(new PodFact.PullStarted("web", "busybox")));
        Assert.Equal(("ContainerCreating", "pulling image \"busybox\""), (world.Container().State.Waiting?.Reason, world.Container().State.Waiting?.Message));
        Assert.Equal([new PodAction.StartContainer("web", 0, "busybox", null)], world.Tell(new PodFact.Pulled("web", "busybox")));
        world.WithRunning("web");

        // A restart that asks the registry first keeps its number and the back-off it has armed, and its last end is shown.
        var start = Assert.Single(world.Exit(1).OfType<PodAction.StartContainer>());
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        Assert.Equal(1, world.Container().State.Terminated?.ExitCode);
        Assert.Equal([start], world.Tell(new PodFact.Pulled("web", "busybox")));
    }

    [Fact]
    public void WhatCannotBePulledIsTriedAgainAfterLongerAndLonger()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        Assert.Empty(world.Tell(new PodFact.PullFailed("web", "busybox", "no route")));
        Assert.Equal(("ErrImagePull", "no route"), (world.Container().State.Waiting?.Reason, world.Container().State.Waiting?.Message));
        Assert.Equal(world.Now.AddSeconds(10), world.Wake);
        Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Pass(10)));
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        Assert.Equal("ErrImagePull", world.Container().State.Waiting?.Reason);
        world.Tell(new PodFact.PullFailed("web", "busybox", "no route"));
        Assert.Equal("ImagePullBackOff", world.Container().State.Waiting?.Reason);
        Assert.Equal(world.Now.AddSeconds(20), world.Wake);
        world.Pass(20);
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        Assert.Equal("ImagePullBackOff", world.Container().State.Waiting?.Reason);
        Assert.Single(world.Tell(new PodFact.Pulled("web", "busybox")), a => a is PodAction.StartContainer);
    }

    [Fact]
    public void APodThatGoesDoesNotWaitForAPull()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Delete());
        Assert.Empty(world.Tell(new PodFact.Pulled("web", "busybox")));
        Assert.Contains(world.Tell(new PodFact.SandboxGone(0)), a => a is PodAction.Cleanup);
    }

    [Fact]
    public void AnotherImageDoesNotWaitForTheOneBefore()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        world.Pod = world.Pod with { Spec = world.Pod.Spec with { Containers = [world.Pod.Spec.Containers[0] with { Image = "other" }] } };
        Assert.Equal([new PodAction.StartContainer("web", 0, "other", null)], world.Turn());
        Assert.Empty(world.Tell(new PodFact.PullFailed("web", "busybox", "no")));
        world.Tell(new PodFact.PullStarted("web", "other"));
        Assert.Empty(world.Tell(new PodFact.Pulled("web", "busybox")));
        Assert.Single(world.Tell(new PodFact.Pulled("web", "other")));
    }

    [Fact]
    public void APullOutlivesNoSandbox()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.PullStarted("web", "busybox"));
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        Assert.Empty(world.Tell(new PodFact.Pulled("web", "busybox")));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Contains(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.2"])), a => a is PodAction.StartContainer { Attempt: 0 });
    }

    [Fact]
    public void AMissingImageEndsInImagePullBackOff()
    {
        var world = new World(World.OnePod()).WithSandbox();
        world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.ErrImagePull, "load it"));
        world.Pass(10);
        world.Tell(new PodFact.ContainerRefused("web", 0, Reasons.ErrImagePull, "load it"));
        Assert.Equal("ImagePullBackOff", world.Container().State.Waiting?.Reason);
        Assert.Equal("Back-off pulling image \"busybox\": ErrImagePull: load it", world.Container().State.Waiting?.Message);
        Assert.Equal(world.Now.AddSeconds(20), world.Wake);
    }
}

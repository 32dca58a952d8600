using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

/// <summary>A container's own restart policy and its rules by exit code (KEP-5307), and the restart of all containers (KEP-5532).</summary>
public class RestartRuleTests
{
    [Theory]
    [InlineData("Never", "Always", 0, true)]
    [InlineData("Never", "OnFailure", 0, false)]
    [InlineData("Never", "OnFailure", 3, true)]
    [InlineData("Always", "Never", 3, false)]
    [InlineData("Always", "OnFailure", 0, false)]
    [InlineData("OnFailure", null, 3, true)]
    public void AContainersOwnPolicyCountsMoreThanThePods(string pods, string? own, int code, bool restarts)
    {
        var world = new World(World.OnePod(pods, Web with { RestartPolicy = own }, Peer)).WithRunning().WithRunning("peer");
        Assert.Equal(restarts, world.Exit(code).Any(a => a is PodAction.StartContainer { Name: "web", Attempt: 1 }));
        Assert.Equal(PodPhases.Running, world.Status.Phase);
    }

    [Theory]
    [InlineData(0, "Succeeded")]
    [InlineData(3, "Failed")]
    public void APodIsOverWhenNoneOfItsContainersRunsAgain(int code, string phase)
    {
        var world = new World(World.OnePod("Always", Web with { RestartPolicy = "Never" }, Peer with { RestartPolicy = "OnFailure" })).WithRunning().WithRunning("peer");
        world.Exit(code);
        Assert.Contains(world.Exit(0, "peer"), a => a is PodAction.DestroySandbox);
        Assert.Equal(phase, world.Status.Phase);
    }

    [Theory]
    [InlineData("In", 42, 42, true)]
    [InlineData("In", 42, 41, false)]
    [InlineData("NotIn", 42, 42, false)]
    [InlineData("NotIn", 42, 0, true)]
    public void TheFirstRuleThatFitsCounts(string @operator, int value, int code, bool restarts)
    {
        var world = new World(World.OnePod("Never", Web with { RestartPolicy = "Never", RestartPolicyRules = [Rule("Restart", @operator, value)] }, Peer)).WithRunning().WithRunning("peer");
        Assert.Equal(restarts, world.Exit(code).Any(a => a is PodAction.StartContainer { Name: "web", Attempt: 1 }));
        Assert.DoesNotContain(world.History, a => a is PodAction.RestartAll);
    }

    [Theory]
    [InlineData("Never", "OnFailure", true)]
    [InlineData("Always", "Never", false)]
    public void AnInitContainersOwnPolicySaysWhatItsFailureMeans(string pods, string own, bool again)
    {
        var world = new World(Pod(pods, [Init with { RestartPolicy = own }], Web)).WithRunning("init");
        Assert.Equal(again, world.Exit(3, "init").Any(a => a is PodAction.StartContainer { Name: "init", Attempt: 1 }));
        Assert.Equal(again ? PodPhases.Pending : PodPhases.Failed, world.Status.Phase);
    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData(null, false)]
    public void AfterItsSandboxAPodGoesOnForAContainerThatRunsAgain(string? own, bool again)
    {
        var world = new World(World.OnePod("Never", Web with { RestartPolicy = own }, Peer)).WithRunning().WithRunning("peer");
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        world.Tell(new PodFact.SandboxGone(0));
        Assert.Equal(again ? SandboxStage.Creating : SandboxStage.None, world.Seen.Sandbox.Stage);
        if (again)
        {
            Assert.Equal("web", Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])))).Name);
        }
    }

    [Fact]
    public void AllAreKilledWithoutGraceThenAllBeginAnewInitContainersFirst()
    {
        var world = Asking();
        Assert.Equal(
            [new PodAction.RestartAll("web", 0, 42), new PodAction.KillContainer("peer", 0, new StopOrder(StopCause.RestartAll, world.Now, TimeSpan.Zero))],
            world.Exit(42));
        Assert.Equal(("True", "RestartAllContainersStarted"), (world.Condition("AllContainersRestarting").Status, world.Condition("AllContainersRestarting").Reason));
        Assert.Contains("web exited with code 42", world.Condition("AllContainersRestarting").Message, StringComparison.Ordinal);
        Assert.Equal("False", world.Condition("Ready").Status);

        var ordered = world.Exit(137, "peer");
        Assert.IsType<PodAction.BeginAnew>(ordered[0]);
        Assert.Equal(["init"], ordered.OfType<PodAction.StartContainer>().Select(s => s.Name));
        Assert.Equal(("False", "True"), (world.Condition("AllContainersRestarting").Status, world.Condition("Initialized").Status));
        Assert.Equal(PodPhases.Pending, world.Status.Phase);
        world.WithRunning("init");
        Assert.Equal(["web", "peer"], world.Exit(0, "init").OfType<PodAction.StartContainer>().Select(s => s.Name));
        world.WithRunning().WithRunning("peer");
        Assert.Equal((1, 1, 1), (world.Container().RestartCount, world.Container("peer").RestartCount, world.Container("init").RestartCount));
        Assert.Equal((42, 137), (world.Container().LastState.Terminated?.ExitCode, world.Container("peer").LastState.Terminated?.ExitCode));
        Assert.Equal((PodPhases.Running, "10.83.0.2"), (world.Status.Phase, world.Status.PodIP));
        Assert.Single(world.History, a => a is PodAction.CreateSandbox);
    }

    [Fact]
    public void WhatHadEndedForGoodBeginsAnewToo()
    {
        var world = Asking();
        world.Exit(0, "peer");
        Assert.DoesNotContain(world.History, a => a is PodAction.StartContainer { Name: "peer", Attempt: 1 });
        world.Exit(42);
        world.WithRunning("init").Exit(0, "init");
        Assert.Contains(world.History, a => a is PodAction.StartContainer { Name: "peer", Attempt: 1 });
    }

    [Fact]
    public void TheyWaitTogetherForTheBackOffOfTheOneThatAsks()
    {
        var world = Asking();
        world.Exit(42);
        world.Exit(137, "peer");
        foreach (var delay in (int[])[10, 20, 40])
        {
            world.WithRunning("init").Exit(0, "init");
            world.WithRunning().WithRunning("peer");
            world.Exit(42);
            Assert.Empty(world.Exit(137, "peer"));
            Assert.Equal("CrashLoopBackOff", world.Container().State.Waiting?.Reason);
            Assert.Equal("True", world.Condition("AllContainersRestarting").Status);
            Assert.Empty(world.Pass(delay - 0.5));
            Assert.IsType<PodAction.BeginAnew>(world.Pass(0.5)[0]);
        }

        // What was killed with it begins with the back-off that it had: none.
        world.WithRunning("init").Exit(0, "init");
        Assert.Contains(world.History, a => a is PodAction.StartContainer { Name: "peer", Attempt: 4, BackOff: null });
    }

    [Fact]
    public void AStartThatIsUnderWayIsWaitedForAndKilled()
    {
        var world = new World(Pod("Never", [], Ask(Web), Peer)).WithRunning();
        Assert.Equal([new PodAction.RestartAll("web", 0, 42)], world.Exit(42));
        Assert.Single(world.Tell(new PodFact.ContainerStarted("peer", 0, world.Now, "x")), a => a is PodAction.KillContainer { Name: "peer" });
        Assert.IsType<PodAction.BeginAnew>(world.Exit(137, "peer")[0]);
    }

    [Fact]
    public void AnInitContainerAndASidecarMayAskForIt()
    {
        var world = new World(Pod("Never", [Ask(Init), Ask(new Container { Name = "side", Image = "i", RestartPolicy = "Always" })], Web)).WithRunning("init");
        Assert.Equal(["RestartAll", "BeginAnew", "StartContainer"], world.Exit(42, "init").Select(a => a.GetType().Name));
        world.WithRunning("init").Exit(0, "init");
        world.WithRunning("side").WithRunning();
        Assert.Contains(world.Exit(42, "side"), a => a is PodAction.KillContainer { Name: "web" });
        Assert.Contains(world.Exit(137), a => a is PodAction.StartContainer { Name: "init", Attempt: 2 });
    }

    [Fact]
    public void AfterItAFailedInitContainerFailsAPodThatNeverRestarts()
    {
        var world = Asking();
        world.Exit(42);
        world.Exit(137, "peer");
        world.WithRunning("init").Exit(3, "init");
        Assert.Equal(PodPhases.Failed, world.Status.Phase);
        Assert.Equal(("False", "PodFailed"), (world.Condition("AllContainersRestarting").Status, world.Condition("AllContainersRestarting").Reason));
    }

    [Fact]
    public void ADeletionEndsIt()
    {
        var world = Asking();
        world.Exit(42);
        world.Delete();
        Assert.Contains(world.Exit(137, "peer"), a => a is PodAction.DestroySandbox);
        Assert.DoesNotContain(world.History, a => a is PodAction.BeginAnew);
    }

    [Fact]
    public void ASandboxThatIsLostMeanwhileIsMadeAnewAndAllBegin()
    {
        var world = Asking();
        world.Exit(42);
        var ordered = world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied)).ToList();
        ordered.AddRange(world.Tell(new PodFact.SandboxGone(0)));
        ordered.AddRange(world.Tell(new PodFact.SandboxReady(1, ["10.83.0.3"])));
        Assert.Equal(["BeginAnew", "DestroySandbox", "CreateSandbox", "StartContainer"], ordered.Select(a => a.GetType().Name));
    }

    [Fact]
    public void AChangedImageIsNoExitThatAsks()
    {
        var world = new World(Pod("Always", [], Web with { RestartPolicy = "Always", RestartPolicyRules = [Rule("RestartAllContainers", "NotIn", 0)] })).WithRunning();
        world.Pod = world.Pod with { Spec = world.Pod.Spec with { Containers = [world.Pod.Spec.Containers[0] with { Image = "busybox:2" }] } };
        world.Turn();
        world.Exit(143);
        Assert.DoesNotContain(world.History, a => a is PodAction.RestartAll);
    }

    [Fact]
    public void PodsWithoutSuchARuleHaveNoSuchCondition() =>
        Assert.DoesNotContain(new World(World.OnePod()).WithRunning().Status.Conditions, c => c.Type == "AllContainersRestarting");

    private static Container Web { get; } = new() { Name = "web", Image = "busybox" };

    private static Container Peer { get; } = new() { Name = "peer", Image = "busybox" };

    private static Container Init { get; } = new() { Name = "init", Image = "busybox" };

    private static ContainerRestartRule Rule(string action, string @operator, int value) => new() { Action = action, ExitCodes = new() { Operator = @operator, Values = [value] } };

    private static Container Ask(Container container) => container with { RestartPolicy = container.RestartPolicy ?? "Never", RestartPolicyRules = [Rule("RestartAllContainers", "In", 42)] };

    private static Pod Pod(string policy, Container[] init, params Container[] containers)
    {
        var pod = World.OnePod(policy, containers);
        return pod with { Spec = pod.Spec with { InitContainers = init } };
    }

    private static World Asking()
    {
        var world = new World(Pod("Never", [Init], Ask(Web), Peer)).WithRunning("init");
        world.Exit(0, "init");
        return world.WithRunning().WithRunning("peer");
    }
}

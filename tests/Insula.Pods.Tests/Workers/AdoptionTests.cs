using Insula.Api.Core;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Tests.Lifecycle;
using Insula.Pods.Workers;

namespace Insula.Pods.Tests.Workers;

public class AdoptionTests
{
    private static readonly DateTimeOffset Now = World.Start.AddHours(1);

    [Fact]
    public void TheUserIsTheKernelsWordElseTheStatus()
    {
        var user = new LinuxContainerUser { Uid = 5, Gid = 6, SupplementalGroups = [6] };
        var written = PodWith(new ContainerStatus { Name = "main", ContainerID = "insula://u/main.0", State = new() { Running = new() }, User = new() { Linux = user } });
        Assert.Equal(5, Adopt(written, null).User!.Uid);
        Assert.Equal(7, Adopt(PodWith(new ContainerStatus { Name = "main" }), user with { Uid = 7 }).User!.Uid);
        Assert.Null(Adopt(PodWith(new ContainerStatus { Name = "main" }), null).User);

        static Pod PodWith(ContainerStatus status) => new()
        {
            Spec = new PodSpec { Containers = [new Container { Name = "main" }] },
            Status = new PodStatus { ContainerStatuses = [status] },
        };

        static ContainerObservation Adopt(Pod pod, LinuxContainerUser? user) =>
            Adoption.OfLiving(pod, 0, [], [new Adoption.Listed("main", 0, DateTimeOffset.UnixEpoch, user)], Adoption.Kept.Nothing, DateTimeOffset.UnixEpoch).Container("main");
    }

    [Fact]
    public void APodThatWaitedForAPlaceWaitsStillUnlessItHasASandbox()
    {
        var world = new World(World.OnePod());
        world.Tell(new PodFact.Unplaced("no room"));
        world.Seen = Adoption.OfDead(world.Pod, null, "Rebooted", Now);
        Assert.Empty(world.Turn());
        Assert.Equal(("False", "no room"), (world.Condition("PodScheduled").Status, world.Condition("PodScheduled").Message));
        world.Seen = Adoption.OfDead(world.Pod, 0, "SandboxDied", Now);
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Turn());
        Assert.Equal("True", world.Condition("PodScheduled").Status);
    }

    [Fact]
    public void AReadyPodIsReadyRightAfterItsAdoption()
    {
        var world = new World(World.OnePod("Always", new Container { Name = "web", Image = "busybox", ReadinessProbe = new Probe(), StartupProbe = new Probe() })).WithRunning();
        world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Startup, ProbeVerdict.Success));
        world.Tell(new PodFact.ProbeChanged("web", 0, ProbeKind.Readiness, ProbeVerdict.Success));
        var before = world.Status;
        Assert.True(before.ContainerStatuses[0].Ready);

        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 0, World.Start)], Adoption.Kept.Nothing, Now);
        Assert.Empty(world.Turn());
        Assert.Equal(before.Conditions, world.Status.Conditions);
        Assert.True(world.Status.ContainerStatuses[0].Ready);
    }

    [Fact]
    public void TheGraceOfADeletedPodDoesNotBeginAnewWithTheDaemon()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "s", Image = "i", RestartPolicy = "Always" }] } });
        world.WithRunning("s").WithRunning("web");
        world.Delete(30);
        var order = world.Seen.Container("web").Stop;
        world.Exit(143, "web");
        var kept = Adoption.Kept.Nothing with { Stopped = (name, _) => name == "web" ? order : null };

        // It dies before it comes to stopping the sidecar.
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("s", 0, World.Start)], kept, Now);
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Pass(10)));
        Assert.Equal(("s", 20.0), (stop.Name, stop.Order.Grace.TotalSeconds));
    }

    /// <summary>The daemon died before it could write the end, and when the next start had been made.</summary>
    [Fact]
    public void AnEndThatNobodyWroteIsKnownBesideTheNextStart()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 0, World.Start), new Adoption.Listed("web", 1, Now)], Adoption.Kept.Nothing, Now);
        world.Turn();
        Assert.Null(world.Container().LastState.Terminated);

        world.Tell(new PodFact.ContainerExited("web", 0, 7, "Error", "", null, Now));
        Assert.Equal((7, "Error"), (world.Container().LastState.Terminated?.ExitCode, world.Container().LastState.Terminated?.Reason));
        Assert.Equal((1, true), (world.Container().RestartCount, world.Container().State.Running is not null));

        // Told again, it says nothing new.
        var before = world.Seen;
        world.Tell(new PodFact.ContainerExited("web", 0, 8, "Error", "", null, Now));
        Assert.Same(before, world.Seen);
    }

    [Fact]
    public void AnUnreadyPodStaysUnready()
    {
        var world = new World(World.OnePod("Always", new Container { Name = "web", Image = "busybox", ReadinessProbe = new Probe() })).WithRunning();
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 0, World.Start)], Adoption.Kept.Nothing, Now);
        world.Turn();
        Assert.False(world.Container().Ready);
    }

    [Fact]
    public void KeptCountersCountMoreThanTheWrittenStatus()
    {
        var world = new World(World.OnePod("Always", new Container { Name = "web", Image = "busybox", ReadinessProbe = new Probe() })).WithRunning();
        var kept = new Adoption.Kept((_, _, kind) => kind == ProbeKind.Readiness ? new ProbeCounter(ProbeVerdict.Success, true, 1) : null, _ => null, (_, _) => true);
        var seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 0, World.Start)], kept, Now);
        Assert.Equal(ProbeVerdict.Success, seen.Container("web").Readiness);
    }

    [Fact]
    public void AStartThatWasNotYetWrittenIsTakenFromTheShim()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 1, Now)], Adoption.Kept.Nothing, Now);
        Assert.Empty(world.Turn());
        Assert.Equal(1, world.Container().RestartCount);
        Assert.Equal(1, world.Container().LastState.Terminated?.ExitCode);
        Assert.NotNull(world.Container().State.Running);
    }

    [Fact]
    public void AnExitThatWasAlreadyWrittenIsNotCountedTwice()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Exit(3);
        var seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [new Adoption.Listed("web", 0, Now)], Adoption.Kept.Nothing, Now);
        Assert.Equal(ContainerStage.Exited, seen.Container("web").Stage);
        var again = PodReducer.Apply(seen, new PodFact.ContainerExited("web", 0, 3, "Error", "", null, Now), Now, LifecycleRules.Default);
        Assert.Same(seen, again);
    }

    [Fact]
    public void AWaitingContainerWaitsOnWithItsBackOff()
    {
        var world = new World(World.OnePod()).WithRunning();
        world.Exit(1);
        world.WithRunning().Exit(1);
        var message = world.Container().State.Waiting?.Message;
        var backOff = world.Seen.Container("web").BackOff;
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], [], new Adoption.Kept((_, _, _) => null, _ => backOff, (_, _) => true), world.Now);
        Assert.Empty(world.Turn());
        Assert.Equal(message, world.Container().State.Waiting?.Message);
        Assert.Equal(1, world.Container().RestartCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnInitContainerOfAnEarlierSandboxRunsAgain(bool ranInThisSandbox)
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "init", Image = "i" }] } }).WithRunning("init");
        world.Exit(0, "init");
        var kept = new Adoption.Kept((_, _, _) => null, _ => null, (_, _) => ranInThisSandbox);
        world.Seen = Adoption.OfLiving(world.Pod, 1, ["10.83.0.2"], [], kept, Now);
        var started = Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Turn()));
        Assert.Equal(ranInThisSandbox ? ("web", 0) : ("init", 1), (started.Name, started.Attempt));
    }

    /// <summary>It was started before init containers had run again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AContainerOfAnEarlierSandboxHasNotBegunInThisOne(bool begunInThisSandbox)
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "init", Image = "i" }] } }).WithRunning("init");
        world.Exit(0, "init");
        world.WithRunning();
        world.Exit(1);
        var kept = new Adoption.Kept((_, _, _) => null, _ => null, (_, _) => begunInThisSandbox) { WasBegun = _ => begunInThisSandbox };
        world.Seen = Adoption.OfLiving(world.Pod, 1, ["10.83.0.2"], [], kept, Now);
        var started = Assert.IsType<PodAction.StartContainer>(Assert.Single(world.Turn()));
        Assert.Equal(begunInThisSandbox ? ("web", 1) : ("init", 1), (started.Name, started.Attempt));
    }

    /// <summary>Whatever of it had come to be kept or written when the daemon died.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void ARestartOfAllIsNeitherForgottenNorDoneTwice(bool kept, bool begun)
    {
        var rule = new ContainerRestartRule { Action = "RestartAllContainers", ExitCodes = new() { Operator = "In", Values = [42] } };
        var world = new World(World.OnePod(
            "Never", new Container { Name = "web", Image = "i", RestartPolicy = "Never", RestartPolicyRules = [rule] }, new Container { Name = "peer", Image = "i" })).WithRunning().WithRunning("peer");
        world.Exit(42);
        List<Adoption.Listed> listed = [new("peer", 0, Now)];
        if (begun)
        {
            world.Exit(137, "peer");
        }

        var at = world.Seen;
        world.Seen = Adoption.OfLiving(world.Pod, 0, ["10.83.0.2"], listed, Adoption.Kept.Nothing with
        {
            Restart = kept ? at.Restart : null,
            IsRenewed = (name, attempt) => at.Container(name).Exit is { Cause: StopCause.RestartAll } exit && exit.Attempt == attempt,
        }, world.Now);
        var before = world.History.Count;
        world.Turn();
        if (!begun)
        {
            Assert.Contains(world.History.Skip(before), a => a is PodAction.KillContainer { Name: "peer" });
        }

        world.Exit(137, "peer");
        var ordered = world.History.Skip(before).ToList();
        Assert.Equal(kept ? 0 : 1, ordered.Count(a => a is PodAction.RestartAll));
        Assert.Equal(begun ? 0 : 1, ordered.Count(a => a is PodAction.BeginAnew));
        Assert.Equal([("web", 1), ("peer", 1)], ordered.OfType<PodAction.StartContainer>().Select(s => (s.Name, s.Attempt)));
    }

    [Theory]
    [InlineData("Always", "Rebooted", true)]
    [InlineData("OnFailure", "Rebooted", true)]
    [InlineData("Never", "Rebooted", false)]
    [InlineData("Never", "SandboxDied", false)]
    public void AfterARebootThePolicyDecides(string policy, string why, bool again)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        world.Seen = Adoption.OfDead(world.Pod, null, why, Now);
        Assert.Equal(again, world.Turn().Any(a => a is PodAction.CreateSandbox));
        Assert.Equal(again ? PodPhases.Running : PodPhases.Failed, world.Status.Phase);
        Assert.Equal(why, world.Container().State.Terminated?.Reason);
        if (!again)
        {
            Assert.Equal(why, world.Status.Reason);
        }
    }

    [Fact]
    public void APodThatNeverBeganIsNotLost()
    {
        var world = new World(World.OnePod("Never"));
        world.Turn();
        world.Seen = Adoption.OfDead(world.Pod, 0, "SandboxDied", Now);
        Assert.Equal([new PodAction.DestroySandbox(0)], world.Turn());
        Assert.Equal([new PodAction.CreateSandbox(1)], world.Tell(new PodFact.SandboxGone(0)));
    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData("Never", false)]
    public void AStartThatLeftOnlyItsLogIsCounted(string policy, bool again)
    {
        var world = new World(World.OnePod(policy));
        world.Turn();
        world.Seen = Adoption.OfDead(world.Pod, null, "Rebooted", world.Now, (_, attempt) => attempt == 0);
        Assert.Equal(again, world.Turn().Any(a => a is PodAction.CreateSandbox));
        Assert.Equal("Rebooted", world.Container().State.Terminated?.Reason);
        if (again)
        {
            Assert.Equal([new PodAction.StartContainer("web", 1, "busybox", null)], world.Tell(new PodFact.SandboxReady(0, ["10.83.0.3"])).Select(a => a is PodAction.StartContainer s ? s with { BackOff = null } : a));
        }
    }

    [Fact]
    public void AFinishedPodStaysFinished()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        world.Exit(0);
        world.Tell(new PodFact.SandboxGone(0));
        world.Seen = Adoption.OfDead(world.Pod, null, "Rebooted", Now);
        Assert.Empty(world.Turn());
        Assert.Equal(PodPhases.Succeeded, world.Status.Phase);
    }

    [Fact]
    public void CountersAndBackOffsSurviveInTheFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"insula-probes-{Guid.NewGuid():N}");
        try
        {
            using (var file = PodStateFile.Open(path, ["a", "b"]))
            {
                file.Begin("b", 3, new BackOff(TimeSpan.FromSeconds(40), World.Start));
                file.Keep("b", 3, ProbeKind.Liveness, new ProbeCounter(ProbeVerdict.Success, false, 2));
                file.Keep("b", 2, ProbeKind.Readiness, new ProbeCounter(ProbeVerdict.Success, true, 1));
            }

            using var again = PodStateFile.Open(path, ["a", "b"]);
            Assert.Equal(new ProbeCounter(ProbeVerdict.Success, false, 2), again.Counter("b", 3, ProbeKind.Liveness));
            Assert.Null(again.Counter("b", 3, ProbeKind.Readiness));
            Assert.Null(again.Counter("b", 4, ProbeKind.Liveness));
            Assert.Null(again.Counter("a", 0, ProbeKind.Liveness));
            Assert.Equal(new BackOff(TimeSpan.FromSeconds(40), World.Start), again.BackOffOf("b"));
            Assert.Null(again.BackOffOf("a"));

            // An ephemeral container has been added: what was kept is kept.
            using var more = PodStateFile.Open(path, ["a", "b", "debug"]);
            Assert.Equal(new ProbeCounter(ProbeVerdict.Success, false, 2), more.Counter("b", 3, ProbeKind.Liveness));
            Assert.False(more.IsOfSandbox("debug", 0));
            more.Begin("debug", 0, null);
            Assert.True(more.IsOfSandbox("debug", 0));
        }
        finally
        {
            File.Delete(path);
        }
    }
}

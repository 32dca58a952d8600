using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class EphemeralTests
{
    private const string Name = "debug";

    [Fact]
    public void OneThatIsAddedIsStartedAtOnceAndChangesNothingOfThePod()
    {
        var world = new World(World.OnePod()).WithRunning();
        var before = (world.Status.Phase, world.Condition("Ready").Status);
        Add(world);
        Assert.Equal((Name, 0), Assert.Single(world.Turn()) is PodAction.StartContainer start ? (start.Name, start.Attempt) : default);
        Assert.Equal(before, (world.Status.Phase, world.Condition("Ready").Status));
        Assert.NotNull(Told(world).State.Waiting);
        world.WithRunning(Name);
        Assert.NotNull(Told(world).State.Running);
        Assert.False(Told(world).Ready);
        Assert.Equal(before, (world.Status.Phase, world.Condition("Ready").Status));
        Assert.Equal("web", Assert.Single(world.Status.ContainerStatuses).Name);
    }

    [Theory]
    [InlineData("Always", 0)]
    [InlineData("Always", 1)]
    [InlineData("OnFailure", 1)]
    public void OneThatEndedStaysSo(string policy, int code)
    {
        var world = new World(World.OnePod(policy)).WithRunning();
        Add(world);
        world.Turn();
        world.WithRunning(Name);
        Assert.Empty(world.Exit(code, Name));
        Assert.Empty(world.Pass(1000));
        Assert.Equal((code, 0), (Told(world).State.Terminated?.ExitCode, Told(world).RestartCount));

        // Nor is it started in another sandbox.
        world.Tell(new PodFact.SandboxLost(world.Seen.Sandbox.Attempt, "SandboxDied"));
        world.Tell(new PodFact.SandboxGone(world.Seen.Sandbox.Attempt));
        world.Tell(new PodFact.SandboxReady(world.Seen.Sandbox.Attempt, ["10.83.0.2"]));
        world.WithRunning();
        Assert.DoesNotContain(world.Pass(1000), a => a is PodAction.StartContainer { Name: Name });
        Assert.Equal(code, Told(world).State.Terminated?.ExitCode);
    }

    [Fact]
    public void ItIsStartedWhereAnInitContainerHoldsTheOthersUp()
    {
        var pod = World.OnePod();
        var world = new World(pod with { Spec = pod.Spec with { InitContainers = [new Container { Name = "init", Image = "busybox" }] } }).WithSandbox();
        Add(world);
        Assert.Contains(world.Turn(), a => a is PodAction.StartContainer { Name: Name });
        Assert.DoesNotContain(world.History, a => a is PodAction.StartContainer { Name: "web" });
    }

    [Fact]
    public void APodThatIsOverOrDeletedEndsIt()
    {
        var world = new World(World.OnePod("Never")).WithRunning();
        Add(world);
        world.Turn();
        world.WithRunning(Name);
        Assert.Contains(world.Exit(0), a => a is PodAction.StopContainer { Name: Name, Order.Cause: StopCause.PodOver });
        Assert.NotEqual(PodPhases.Succeeded, world.Status.Phase);
        world.Exit(143, Name);
        Assert.Equal(PodPhases.Succeeded, world.Status.Phase);

        world = new World(World.OnePod()).WithRunning();
        Add(world);
        world.Turn();
        world.WithRunning(Name);
        Assert.Equal(["debug", "web"], world.Delete().OfType<PodAction.StopContainer>().Select(s => s.Name).Order());
    }

    private static void Add(World world) =>
        world.Pod = world.Pod with { Spec = world.Pod.Spec with { EphemeralContainers = [new Container { Name = Name, Image = "tools" }] } };

    private static ContainerStatus Told(World world) => Assert.Single(world.Status.EphemeralContainerStatuses);
}

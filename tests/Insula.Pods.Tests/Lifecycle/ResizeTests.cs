using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;

namespace Insula.Pods.Tests.Lifecycle;

public sealed class ResizeTests
{
    [Fact]
    public void What_is_set_aside_is_put_into_force_and_shown_as_it_comes_true()
    {
        var world = Running(Limits("100m"));
        Assert.Equal("100m", Actual(world));
        Want(world, Limits("200m"));
        Assert.Empty(world.Turn()); // nothing is set aside yet
        Assert.Equal("100m", $"{world.Container().AllocatedResources["cpu"]}");
        var resize = Assert.IsType<PodAction.Resize>(Assert.Single(world.Tell(Granted(world))));
        Assert.Equal("200m", $"{world.Container().AllocatedResources["cpu"]}");
        Assert.Equal("100m", Actual(world));
        Assert.Equal("True", world.Condition("PodResizeInProgress").Status);
        Assert.Empty(world.Tell(new PodFact.Resized(0, resize.Steps, null)));
        Assert.Equal("200m", Actual(world));
        Assert.DoesNotContain(world.Status.Conditions, c => c.Type == "PodResizeInProgress");
    }

    [Fact]
    public void A_change_that_has_no_room_is_pending_until_it_is_granted_or_taken_back()
    {
        var world = Running(Limits("100m"));
        Want(world, Limits("9"));
        Assert.Empty(world.Tell(new PodFact.ResizeHeldBack(new PendingResize("Deferred", "no room"))));
        Assert.Equal(("Deferred", "no room"), (world.Condition("PodResizePending").Reason, world.Condition("PodResizePending").Message));
        Want(world, Limits("100m"));
        Assert.Empty(world.Tell(Granted(world)));
        Assert.DoesNotContain(world.Status.Conditions, c => c.Type.StartsWith("PodResize", StringComparison.Ordinal));
    }

    [Fact]
    public void What_fails_is_told_and_tried_again_from_where_it_stopped()
    {
        var world = Running(Limits("100m"));
        Want(world, Limits("200m"));
        var resize = Assert.IsType<PodAction.Resize>(Assert.Single(world.Tell(Granted(world))));
        Assert.Empty(world.Tell(new PodFact.Resized(0, [resize.Steps[0]], "too much in use")));
        Assert.Equal(("Error", "too much in use"), (world.Condition("PodResizeInProgress").Reason, world.Condition("PodResizeInProgress").Message));
        var again = Assert.IsType<PodAction.Resize>(Assert.Single(world.Pass(1)));
        Assert.Equal(resize.Steps.Skip(1), again.Steps);
        world.Tell(new PodFact.Resized(0, again.Steps, null));
        Assert.Equal("200m", Actual(world));
    }

    [Fact]
    public void A_container_that_has_to_restart_for_it_does_so_at_once_with_what_is_set_aside()
    {
        var world = Running(Limits("200m"), "RestartContainer", policy: "OnFailure");
        Want(world, Limits("100m"));
        var stop = Assert.IsType<PodAction.StopContainer>(Assert.Single(world.Tell(Granted(world))));
        Assert.Equal(StopCause.Resize, stop.Order.Cause);
        var ordered = world.Exit(0);
        var start = Assert.Single(ordered.OfType<PodAction.StartContainer>());
        Assert.Equal((1, null), (start.Attempt, start.BackOff));
        var resize = Assert.Single(ordered.OfType<PodAction.Resize>());
        Assert.Null(Assert.Single(resize.Steps).Container); // the pod shrinks when nobody has more any longer
        world.Tell(new PodFact.ContainerStarted("web", 1, world.Now, "sha256:1"));
        world.Tell(new PodFact.Resized(0, resize.Steps, null));
        Assert.Equal("100m", Actual(world));
        Assert.DoesNotContain(world.Status.Conditions, c => c.Type == "PodResizeInProgress");
    }

    [Fact]
    public void A_container_that_ended_by_itself_is_not_started_for_it()
    {
        var world = Running(Limits("200m"), "RestartContainer", policy: "OnFailure", more: new Container { Name = "other", Image = "busybox" });
        world.WithRunning("other");
        world.Exit(0);
        Want(world, Limits("100m"));
        Assert.DoesNotContain(world.Tell(Granted(world)), a => a is PodAction.StartContainer);
    }

    [Fact]
    public void Nothing_is_started_in_a_pod_that_has_to_grow_first()
    {
        var world = Running(Limits("100m"));
        world.Exit(1);
        world.WithRunning();
        world.Exit(1);
        Want(world, Limits("200m"));
        var resize = Assert.IsType<PodAction.Resize>(Assert.Single(world.Tell(Granted(world))));
        Assert.Empty(world.Pass(60));
        Assert.Contains(world.Tell(new PodFact.Resized(0, resize.Steps, null)), a => a is PodAction.StartContainer);
    }

    [Fact]
    public void News_of_an_earlier_sandbox_is_none()
    {
        var world = Running(Limits("100m"));
        Want(world, Limits("200m"));
        var resize = Assert.IsType<PodAction.Resize>(Assert.Single(world.Tell(Granted(world))));
        world.Tell(new PodFact.SandboxLost(0, Reasons.SandboxDied));
        world.Tell(new PodFact.SandboxGone(0));
        world.Tell(new PodFact.SandboxReady(1, ["10.83.0.2"]) { Limits = GroupLimits.OfPod(world.Pod.Spec) });
        world.Tell(new PodFact.ContainerStarted("web", 1, world.Now, "sha256:1"));
        Assert.Empty(world.Tell(new PodFact.Resized(0, resize.Steps, "too late")));
        Assert.Equal("200m", Actual(world));
    }

    private static World Running(ResourceRequirements resources, string? resizePolicy = null, string policy = "Always", Container? more = null)
    {
        var web = new Container
        {
            Name = "web",
            Image = "busybox",
            Resources = resources,
            ResizePolicy = resizePolicy is null ? [] : [new() { ResourceName = "cpu", RestartPolicy = resizePolicy }],
        };
        var world = new World(World.OnePod(policy, more is null ? [web] : [web, more]));
        world.Tell(new PodFact.Placed { Resources = Allocation.Of(world.Pod.Spec) });
        world.Tell(new PodFact.SandboxReady(0, ["10.83.0.2"]) { Limits = GroupLimits.OfPod(world.Pod.Spec) });
        return world.WithRunning();
    }

    private static void Want(World world, ResourceRequirements resources) => world.Pod = world.Pod with
    {
        Spec = world.Pod.Spec with { Containers = [world.Pod.Spec.Containers[0] with { Resources = resources }, .. world.Pod.Spec.Containers.Skip(1)] },
    };

    private static PodFact.ResizeGranted Granted(World world) => new(Allocation.Of(world.Pod.Spec));

    private static string Actual(World world) => $"{world.Container().Resources!.Limits["cpu"]}";

    private static ResourceRequirements Limits(string cpu)
    {
        var amounts = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(cpu) };
        return new ResourceRequirements { Limits = amounts, Requests = amounts };
    }
}

using System.Diagnostics;
using Insula.Pods.Timing;

namespace Insula.Pods.Tests.Timing;

public sealed class PodTimingsTests : IDisposable
{
    private static readonly ActivitySource s_other = new("Insula.Tests.Timing");
    private static readonly ActivitySource s_foreign = new("Tests.Timing");

    private readonly PodTimings _timings = new();
    private readonly string _uid = Guid.NewGuid().ToString();

    [Fact]
    public void Steps_of_every_part_are_kept_with_their_depth_in_the_order_in_which_they_began()
    {
        using (PodTracing.For("container", _uid, "web"))
        {
            using (PodTracing.Step("prepare"))
            {
                s_other.StartActivity("mounts")?.Dispose();
            }

            s_foreign.StartActivity("not ours")?.Dispose();
            s_other.StartActivity("launch")?.Dispose();
        }

        Assert.Equal(
            [("container", "web", 0), ("prepare", "web", 1), ("mounts", "web", 2), ("launch", "web", 1)],
            _timings.Of(_uid).Select(s => (s.Name, s.Container!, s.Depth)));
    }

    [Fact]
    public void A_step_may_learn_late_for_which_pod_it_is()
    {
        using (PodTracing.Step("request"))
        {
            PodTracing.Step("commit")?.Dispose();
            PodTracing.Belongs(_uid);
        }

        Assert.Equal([("request", 0), ("commit", 1)], _timings.Of(_uid).Select(s => (s.Name, s.Depth)));
    }

    [Fact]
    public void A_new_start_replaces_the_steps_of_the_one_before_and_no_other_container_s()
    {
        foreach (var (container, step) in ((string, string)[])[("web", "first"), ("db", "other"), ("web", "second")])
        {
            using (PodTracing.For("container", _uid, container))
            {
                PodTracing.Step(step)?.Dispose();
            }
        }

        Assert.Equal(["other", "second"], _timings.Of(_uid).Where(s => s.Depth == 1).Select(s => s.Name));
        Assert.Equal(2, _timings.Of(_uid).Count(s => s.Depth == 0));
    }

    [Fact]
    public void An_action_is_no_part_of_the_one_that_led_to_it()
    {
        using (PodTracing.For("sandbox", _uid))
        {
            PodTracing.For("status Pending", _uid)?.Dispose();
        }

        Assert.All(_timings.Of(_uid), s => Assert.Equal(0, s.Depth));
    }

    [Fact]
    public void What_ends_after_its_pod_is_forgotten()
    {
        using (PodTracing.For("sandbox", _uid))
        {
            _timings.Forget(_uid);
        }

        Assert.Empty(_timings.Of(_uid));
    }

    [Fact]
    public void A_pod_that_restarts_for_ever_has_no_more_steps_than_one_that_does_not()
    {
        for (var i = 0; i < 1000; i++)
        {
            using (PodTracing.For("container", _uid, "web"))
            {
                PodTracing.Step("launch")?.Dispose();
            }
        }

        Assert.Equal(2, _timings.Of(_uid).Count);
    }

    public void Dispose() => _timings.Dispose();
}

using Insula.Api.Pods;
using Insula.Store;
using Insulad.StaticPods;

namespace Insulad.Tests;

public sealed class StaticPodPlanTests
{
    [Fact]
    public void The_first_file_that_asks_for_a_pod_has_it()
    {
        var plan = StaticPodPlan.Make([("a.yaml", [Pod("web", "1")]), ("b.yaml", [Pod("web", "2"), Pod("db", "3")])], [], Stored());
        Assert.Equal("1", plan.Wanted[Key("web")].Pod.Hash);
        Assert.Equal("b.yaml", plan.Wanted[Key("db")].File);
        Assert.Equal([("b.yaml", "the pod default/web is in a.yaml already")], plan.Problems);
        Assert.Empty(plan.Unwanted);
    }

    [Fact]
    public void The_file_that_a_pod_is_from_keeps_it()
    {
        var plan = StaticPodPlan.Make([("a.yaml", [Pod("web", "1")]), ("b.yaml", [Pod("web", "2")])], [], Stored(("web", "b.yaml")));
        Assert.Equal("b.yaml", plan.Wanted[Key("web")].File);
        Assert.Equal([("a.yaml", "the pod default/web is in b.yaml already")], plan.Problems);
    }

    [Fact]
    public void A_file_that_asks_no_more_leaves_its_pod_to_another()
    {
        var plan = StaticPodPlan.Make([("a.yaml", [Pod("web", "1")]), ("b.yaml", [])], [], Stored(("web", "b.yaml")));
        Assert.Equal("a.yaml", plan.Wanted[Key("web")].File);
        Assert.Empty(plan.Problems);
    }

    [Fact]
    public void Of_a_file_that_cannot_be_read_the_pods_go_on_and_nobody_elses()
    {
        var plan = StaticPodPlan.Make([("twice.yaml", [Pod("web", "2")])], ["wrong.yaml"], Stored(("web", "wrong.yaml"), ("old", "gone.yaml")));
        Assert.Empty(plan.Wanted);
        Assert.Equal([Key("old")], plan.Unwanted);
        Assert.Equal([("twice.yaml", "the pod default/web is in wrong.yaml already")], plan.Problems);
    }

    [Fact]
    public void What_no_file_asks_for_is_unwanted() => Assert.Single(StaticPodPlan.Make([("a.yaml", [Pod("db", "1")])], [], Stored(("web", "a.yaml"))).Unwanted);

    private static ObjectKey Key(string name) => new("pods", "default", name);

    private static StaticPod Pod(string name, string hash) => new(Key(name), hash, []);

    private static Dictionary<ObjectKey, string> Stored(params (string Name, string File)[] pods) =>
        pods.ToDictionary(pod => Key(pod.Name), pod => StaticPodUid.New(pod.File));
}

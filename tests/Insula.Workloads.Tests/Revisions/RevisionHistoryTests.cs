using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Workloads.DaemonSets;

namespace Insula.Workloads.Tests.Revisions;

public sealed class RevisionHistoryTests
{
    private const string Resource = "daemonsets.apps";
    private const string Revisions = "controllerrevisions.apps";
    private readonly World _world = new();

    public RevisionHistoryTests() => _world.Add(Resource, ApiJson.ToJson(new DaemonSet
    {
        Metadata = new() { Name = "agent", Uid = "uid-agent", Annotations = new Dictionary<string, string> { [WorkloadLabels.ChangeCause] = "the first" } },
        Spec = new() { Selector = World.Selector("agent"), Template = World.Template("agent"), RevisionHistoryLimit = 2 },
    }));

    [Fact]
    public void Each_template_is_kept_and_one_that_comes_back_has_a_new_number()
    {
        Finish();
        var first = Assert.Single(Kept);
        Assert.Equal((1, "agent", "the first"), (first.Revision, first.Metadata.Labels["app"], first.Metadata.Annotations[WorkloadLabels.ChangeCause]));
        Assert.Equal("uid-agent", Assert.Single(first.Metadata.OwnerReferences).Uid);
        Assert.Equal("replace", (string?)first.Data!["spec"]!["template"]!["$patch"]);
        Assert.True(JsonNode.DeepEquals(World.Template("agent"), RevisionData.Template(first.Data)));
        Change("v2");
        Finish();
        Assert.Equal([1, 2], Kept.Select(r => r.Revision));
        Change("busybox");
        Finish();
        Assert.Equal([2, 3], Kept.Select(r => r.Revision));
        Assert.Equal(first.Metadata.Name, Kept[1].Metadata.Name);
        Assert.Equal(Kept[1].Metadata.Name, "agent-" + _world.Pods.Single().Labels[WorkloadLabels.ControllerRevisionHash]);
    }

    [Fact]
    public void The_oldest_that_nobody_has_go()
    {
        foreach (var image in (string[])["v1", "v2", "v3", "v4", "v5"])
        {
            Change(image);
            Finish();
        }

        Assert.Equal([3, 4, 5], Kept.Select(r => r.Revision));
        _world.Change(Resource, "agent", d => d["spec"]!["updateStrategy"] = new JsonObject { ["type"] = "OnDelete" });
        foreach (var image in (string[])["v6", "v7", "v8", "v9"])
        {
            Change(image);
            Finish();
        }

        // The pod has its own still.
        Assert.Equal([5, 7, 8, 9], Kept.Select(r => r.Revision));
    }

    [Fact]
    public void A_name_that_is_another_s_is_not_taken_and_what_nobody_manages_is_adopted()
    {
        Finish();
        var name = Kept[0].Metadata.Name;
        _world.Remove("pods", _world.Pods.Single().Name);
        _world.Change(Revisions, name, d =>
        {
            d["metadata"]!.AsObject().Remove("ownerReferences");
            d["data"]!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "of another";
        });
        Finish();
        Assert.Equal([name, Kept[1].Metadata.Name], Kept.Select(r => r.Metadata.Name));
        Assert.NotEqual(name, Kept[1].Metadata.Name);
        Assert.Equal(Kept[1].Metadata.Name, "agent-" + _world.Pods.Single().Labels[WorkloadLabels.ControllerRevisionHash]);
        Assert.All(Kept, r => Assert.Equal("uid-agent", Assert.Single(r.Metadata.OwnerReferences).Uid));
    }

    [Fact]
    public void One_that_is_being_deleted_keeps_nothing_new()
    {
        Finish();
        _world.Change(Resource, "agent", d => d["metadata"]!["deletionTimestamp"] = "2026-01-01T12:00:00Z");
        Change("v2");
        Finish();
        Assert.Single(Kept);
    }

    private IReadOnlyList<ControllerRevision> Kept => [.. _world.All<ControllerRevision>(Revisions).OrderBy(r => r.Revision)];

    private void Change(string image) => _world.Change(Resource, "agent", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image);

    private void Finish()
    {
        for (var i = 0; i < 20; i++)
        {
            var decision = DaemonSetController.Decide(_world.Find<DaemonSet>(Resource, "agent")!, _world.Pods, _world.All<ControllerRevision>(Revisions), null, _world.Now);
            _world.Do(Resource, "agent", decision);
            _world.ReadyAll();
            if (decision.Changes.Count == 0)
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }
}

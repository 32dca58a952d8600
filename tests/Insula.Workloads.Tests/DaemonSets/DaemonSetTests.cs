using Insula.Api.Json;
using Insula.Api.Values;
using Insula.Api.Workloads;
using Insula.Workloads.DaemonSets;

namespace Insula.Workloads.Tests.DaemonSets;

public sealed class DaemonSetTests
{
    private const string Resource = "daemonsets.apps";
    private readonly World _world = new();

    [Fact]
    public void There_is_one_pod_and_it_is_replaced()
    {
        Add();
        Run();
        Assert.Single(_world.Pods);
        _world.ReadyAll();
        Run();
        Assert.Equal((1, 1, 1, 1, null), (Set.Status.DesiredNumberScheduled, Set.Status.CurrentNumberScheduled, Set.Status.NumberReady, Set.Status.NumberAvailable, Set.Status.NumberUnavailable));
        _world.Remove("pods", _world.Pods.Single().Name);
        Run();
        Assert.Single(_world.Pods);
    }

    [Fact]
    public void An_update_ends_the_old_pod_before_the_new_one_comes()
    {
        Add();
        Finish();
        Change();
        _world.Do(Resource, "agent", Decide(), deleteAtOnce: false);
        Assert.True(_world.Pods.Single().IsDeleted);
        Assert.Empty(Decide().Changes);
        _world.Remove("pods", _world.Pods.Single().Name);
        Finish();
        Assert.Equal(1, Set.Status.UpdatedNumberScheduled);
    }

    [Fact]
    public void With_a_surge_the_new_one_serves_before_the_old_one_ends()
    {
        Add(surge: 1);
        Finish();
        var old = _world.Pods.Single().Name;
        Change();
        Run();
        Assert.Equal(2, _world.Pods.Count());
        Assert.Contains(_world.Pods, p => p.Name == old && p.IsReady);
        _world.ReadyAll();
        Run();
        Assert.NotEqual(old, Assert.Single(_world.Pods).Name);
    }

    [Fact]
    public void On_delete_the_old_one_stays_until_somebody_deletes_it()
    {
        Add(type: UpdateTypes.OnDelete);
        Finish();
        var old = _world.Pods.Single().Name;
        Change();
        Run();
        Assert.Equal(old, _world.Pods.Single().Name);
        Assert.Null(Set.Status.UpdatedNumberScheduled);
        _world.Remove("pods", old);
        Finish();
        Assert.Equal(1, Set.Status.UpdatedNumberScheduled);
    }

    private DaemonSet Set => _world.Find<DaemonSet>(Resource, "agent")!;

    private void Add(int surge = 0, string type = UpdateTypes.RollingUpdate) => _world.Add(Resource, ApiJson.ToJson(new DaemonSet
    {
        Metadata = new() { Name = "agent", Uid = "uid-agent" },
        Spec = new()
        {
            Selector = World.Selector("agent"),
            Template = World.Template("agent"),
            UpdateStrategy = new() { Type = type, RollingUpdate = type == UpdateTypes.OnDelete ? null : new() { MaxSurge = new IntOrString(surge), MaxUnavailable = new IntOrString(1 - surge) } },
        },
    }));

    private void Change() => _world.Change(Resource, "agent", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "v2");

    // What is decided of pods: templates are kept before.
    private WorkloadDecision Decide()
    {
        while (true)
        {
            var decision = DaemonSetController.Decide(Set, _world.Pods, _world.All<ControllerRevision>("controllerrevisions.apps"), null, _world.Now);
            if (decision.Changes.Count == 0 || !decision.Changes.All(World.IsOfRevisions))
            {
                return decision;
            }

            _world.Do(Resource, "agent", decision);
        }
    }

    private void Run()
    {
        for (var i = 0; i < 20; i++)
        {
            var decision = Decide();
            _world.Do(Resource, "agent", decision);
            if (decision.Changes.Count == 0)
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }

    private void Finish()
    {
        Run();
        _world.ReadyAll();
        Run();
    }
}

using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Json;
using Insula.Api.Storage;
using Insula.Api.Workloads;
using Insula.Workloads.StatefulSets;

namespace Insula.Workloads.Tests.StatefulSets;

public sealed class StatefulSetTests
{
    private const string Resource = "statefulsets.apps";
    private const string Revisions = "controllerrevisions.apps";
    private const string Claims = "persistentvolumeclaims";
    private readonly World _world = new();

    [Fact]
    public void Pods_come_one_after_the_other_and_go_in_the_reverse_order()
    {
        Add(3);
        for (var i = 0; i < 3; i++)
        {
            Run();
            Assert.Equal(Enumerable.Range(0, i + 1).Select(n => $"db-{n}"), _world.Pods.Select(p => p.Name));
            _world.ReadyAll();
        }

        Run();
        var pod = _world.Documents("pods")[1];
        Assert.Equal(("db-1", "peers", "1"), ((string?)pod["spec"]!["hostname"], (string?)pod["spec"]!["subdomain"], (string?)pod["metadata"]!["labels"]![WorkloadLabels.PodIndex]));
        Assert.Equal((3, 3, 3), (Set.Status.Replicas, Set.Status.ReadyReplicas, Set.Status.AvailableReplicas));
        _world.Change(Resource, "db", d => d["spec"]!["replicas"] = 1);
        _world.Do(Resource, "db", Decide(), deleteAtOnce: false);
        Assert.Equal("db-2", Assert.Single(_world.Pods, p => p.IsDeleted).Name);
        Assert.Empty(Decide().Changes);
        _world.Remove("pods", "db-2");
        Run();
        Assert.Equal("db-0", Assert.Single(_world.Pods).Name);
    }

    [Fact]
    public void All_at_a_time_where_that_is_asked()
    {
        Add(3, policy: "Parallel", start: 5);
        Run();
        Assert.Equal(["db-5", "db-6", "db-7"], _world.Pods.Select(p => p.Name));
    }

    [Fact]
    public void An_update_goes_from_the_highest_number_down_and_waits_for_each()
    {
        Add(3);
        Finish();
        var before = Set.Status.CurrentRevision;
        _world.Change(Resource, "db", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "v2");
        Run();
        Assert.Equal("db-2", Assert.Single(_world.Pods, p => !p.IsReady).Name);
        Assert.Equal(before, Set.Status.CurrentRevision);
        _world.ReadyAll();
        Run();
        Assert.Equal("db-1", Assert.Single(_world.Pods, p => !p.IsReady).Name);
        Finish();
        Assert.Equal((3, Set.Status.UpdateRevision), (Set.Status.UpdatedReplicas, Set.Status.CurrentRevision));
        Assert.NotEqual(before, Set.Status.CurrentRevision);
    }

    [Theory]
    [InlineData("Parallel", "2", 2)]
    [InlineData("OrderedReady", "2", 2)]
    [InlineData("Parallel", "50%", 2)]
    [InlineData("Parallel", "1%", 1)]
    [InlineData("Parallel", "2147483647", 5)]
    [InlineData("Parallel", "100%", 5)]
    public void As_many_are_updated_at_a_time_as_may_be_unavailable(string policy, string most, int together)
    {
        Add(5, policy);
        Finish();
        _world.Change(Resource, "db", d =>
        {
            d["spec"]!["updateStrategy"] = new JsonObject
            {
                ["type"] = "RollingUpdate",
                ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = int.TryParse(most, out var number) ? number : most },
            };
            d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "v2";
        });
        var decision = Decide();
        Assert.Equal(Enumerable.Range(5 - together, together).Reverse().Select(i => $"db-{i}"), decision.Changes.Cast<WorkloadChange.Delete>().Select(d => d.Name));
        _world.Do(Resource, "db", decision, deleteAtOnce: false);

        // No more while they are missing; of those with one that is not ready by itself, one fewer.
        Assert.Empty(Decide().Changes);
        for (var i = 0; i < 40 && (_world.Pods.Any(p => !p.IsReady || p.IsDeleted) || Decide().Changes.Count > 0 || _world.Pods.Count() < 5); i++)
        {
            Assert.InRange(5 - _world.Pods.Count(p => p is { IsReady: true, IsDeleted: false }), 0, together);
            foreach (var gone in _world.Pods.Where(p => p.IsDeleted).ToList())
            {
                _world.Remove("pods", gone.Name);
            }

            if (i % 2 == 1)
            {
                _world.ReadyAll();
            }

            _world.Do(Resource, "db", Decide(), deleteAtOnce: false);
        }

        Assert.Equal(5, _world.Pods.Count(p => p.IsReady && Image(Number(p.Name)) == "v2"));
    }

    [Fact]
    public void One_that_is_not_ready_already_counts_as_unavailable()
    {
        Add(4, "Parallel");
        Finish();
        _world.Change(Resource, "db", d =>
        {
            d["spec"]!["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["maxUnavailable"] = 2, ["partition"] = 1 } };
            d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "v2";
        });
        _world.Set("db-0", "Running");
        Assert.Equal("db-3", ((WorkloadChange.Delete)Assert.Single(Decide().Changes)).Name);
    }

    [Fact]
    public void Those_below_the_partition_keep_the_old_template_and_come_back_with_it()
    {
        Add(3);
        Finish();
        _world.Change(Resource, "db", d =>
        {
            d["spec"]!["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["partition"] = 2 } };
            d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "v2";
        });
        Finish();
        Assert.Equal(("busybox", "busybox", "v2"), (Image(0), Image(1), Image(2)));
        Assert.Equal((2, 1), (Set.Status.CurrentReplicas, Set.Status.UpdatedReplicas));
        Assert.NotEqual(Set.Status.UpdateRevision, Set.Status.CurrentRevision);
        _world.Remove("pods", "db-0");
        _world.Remove("pods", "db-2");
        Finish();
        Assert.Equal(("busybox", "busybox", "v2"), (Image(0), Image(1), Image(2)));

        // One below that is not ready is waited for, not replaced.
        _world.Set("db-1", "Running");
        Assert.Empty(Decide().Changes);
        _world.Change(Resource, "db", d => d["spec"]!["updateStrategy"]!["rollingUpdate"]!["partition"] = 0);
        Finish();
        Assert.Equal(("v2", "v2", "v2"), (Image(0), Image(1), Image(2)));
        Assert.Equal(Set.Status.UpdateRevision, Set.Status.CurrentRevision);
    }

    [Fact]
    public void One_that_never_becomes_ready_is_not_in_the_way_of_its_mending()
    {
        Add(2);
        Finish();
        _world.Change(Resource, "db", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "bad");
        Run();
        _world.Change(Resource, "db", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "good");
        Finish();
        Assert.Equal(2, Set.Status.UpdatedReplicas);
    }

    [Fact]
    public void One_that_has_failed_is_made_anew_after_a_while()
    {
        Add(1);
        Finish();
        _world.Set("db-0", "Failed");
        Run();
        Assert.Equal(_world.Now.AddSeconds(10), Decide().LookAgain);
        _world.Pass(10);
        Run();
        Assert.Equal("Pending", _world.Pods.Single().Phase);
    }

    [Fact]
    public void Each_pod_has_claims_of_its_own_which_stay_and_are_found_again()
    {
        AddWithClaims(2);
        Finish();
        Assert.Equal(["data-db-0", "data-db-1", "logs-db-0", "logs-db-1"], _world.Documents(Claims).Select(c => (string?)c["metadata"]!["name"]));
        var claim = _world.Documents(Claims)[0];
        Assert.Equal(("db", "fast", "1Gi"), ((string?)claim["metadata"]!["labels"]!["app"], (string?)claim["metadata"]!["labels"]!["disk"], (string?)claim["spec"]!["resources"]!["requests"]!["storage"]));
        Assert.Null(claim["metadata"]!["ownerReferences"]);
        Assert.Equal(
            """[{"name":"data","persistentVolumeClaim":{"claimName":"data-db-1"}},{"name":"logs","persistentVolumeClaim":{"claimName":"logs-db-1"}}]""",
            _world.Documents("pods")[1]["spec"]!["volumes"]!.ToJsonString());
        var uids = _world.Documents(Claims).Select(c => (string?)c["metadata"]!["uid"]).ToList();
        _world.Change(Resource, "db", d => d["spec"]!["replicas"] = 0);
        Finish();
        Assert.Empty(_world.Pods);
        _world.Change(Resource, "db", d => d["spec"]!["replicas"] = 2);
        Finish();
        Assert.Equal(uids, _world.Documents(Claims).Select(c => (string?)c["metadata"]!["uid"]));
    }

    [Fact]
    public void A_claim_is_there_before_its_pod_and_one_that_is_being_deleted_is_waited_for()
    {
        AddWithClaims(1);
        Assert.Equal([Claims, Claims, "pods"], Decide().Changes.Cast<WorkloadChange.Create>().Select(c => c.Resource));
        Finish();
        _world.Remove("pods", "db-0");
        _world.Change(Claims, "data-db-0", d => d["metadata"]!["finalizers"] = new JsonArray("kubernetes.io/pvc-protection"));
        _world.Delete(Claims, "data-db-0", atOnce: false);
        Assert.Empty(Decide().Changes);
        _world.Remove(Claims, "data-db-0");
        Finish();
        Assert.Single(_world.Pods);
        Assert.Equal(2, _world.Documents(Claims).Count);
    }

    [Fact]
    public void Claims_go_with_their_pods_where_that_is_asked()
    {
        AddWithClaims(3, scaled: "Delete");
        Finish();
        _world.Add(Claims, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "data-db-7" } });
        _world.Change(Resource, "db", d => d["spec"]!["replicas"] = 1);
        _world.Do(Resource, "db", Decide(), deleteAtOnce: false);
        Assert.Equal("db-2", Assert.Single(_world.Pods, p => p.IsDeleted).Name);

        // Its claims are its until it is gone.
        Assert.Empty(Decide().Changes);
        _world.Remove("pods", "db-2");
        Finish();
        Assert.Equal(["data-db-0", "data-db-7", "logs-db-0"], _world.Documents(Claims).Select(c => (string?)c["metadata"]!["name"])); // one that is not its own stays
    }

    [Fact]
    public void Claims_belong_to_the_set_where_they_are_to_go_with_it()
    {
        AddWithClaims(1, deleted: "Delete");
        Finish();
        Assert.All(_world.Documents(Claims), c => Assert.Equal("uid-db", (string?)c["metadata"]!["ownerReferences"]![0]!["uid"]));
        _world.Change(Resource, "db", d => d["spec"]!["persistentVolumeClaimRetentionPolicy"]!["whenDeleted"] = "Retain");
        Finish();
        Assert.All(_world.Documents(Claims), c => Assert.Null(c["metadata"]!["ownerReferences"]));
    }

    private void AddWithClaims(int replicas, string deleted = "Retain", string scaled = "Retain")
    {
        Add(replicas);
        _world.Change(Resource, "db", d =>
        {
            d["spec"]!["volumeClaimTemplates"] = new JsonArray([.. ((string[])["data", "logs"]).Select(name => (JsonNode)new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["disk"] = "fast" } },
                ["spec"] = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } } },
            })]);
            d["spec"]!["persistentVolumeClaimRetentionPolicy"] = new JsonObject { ["whenDeleted"] = deleted, ["whenScaled"] = scaled };
        });
    }

    /// <summary>Whatever happens: names and order hold, and the end is what is wanted.</summary>
    [Fact]
    public void Whatever_happens_the_order_holds_and_the_end_is_reached() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => new StatefulSetTests().Live(seed)).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private void Live(int seed)
    {
        // Deterministic from the seed, so that a failure can be run again; nothing secret is drawn.
#pragma warning disable CA5394
        var random = new Random(seed);
        Add(random.Next(1, 5));
        for (var step = 0; step < 80; step++)
        {
            switch (random.Next(9))
            {
                case 0:
                    var replicas = random.Next(5);
                    _world.Change(Resource, "db", d => d["spec"]!["replicas"] = replicas);
                    break;
                case 1:
                    var image = $"v{random.Next(4)}";
                    _world.Change(Resource, "db", d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image);
                    break;
                case 2 when _world.Pods.Any():
                    _world.Remove("pods", _world.Pods.First().Name);
                    break;
                case 3:
                    foreach (var gone in _world.Pods.Where(p => p.IsDeleted).ToList())
                    {
                        _world.Remove("pods", gone.Name);
                    }

                    break;
                case 4 or 5:
                    _world.ReadyAll();
                    break;
                case 6:
                    var partition = random.Next(4);
                    _world.Change(Resource, "db", d => d["spec"]!["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdate", ["rollingUpdate"] = new JsonObject { ["partition"] = partition } });
                    break;
            }

            var decision = Decide();

            // One at a time, and none while one before it does not serve.
            Assert.True(decision.Changes.Count <= 1, $"step {step}: {decision.Changes.Count} at a time");
            if (decision.Changes is [WorkloadChange.Create create])
            {
                var ordinal = Number((string)create.Document["metadata"]!["name"]!);
                Assert.Equal(ordinal, _world.Pods.Count(p => p.IsReady && !p.IsDeleted && Number(p.Name) < ordinal));
            }

            _world.Do(Resource, "db", decision, deleteAtOnce: random.Next(2) == 0);
        }
#pragma warning restore CA5394

        Finish();
        var from = Set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0;
        Assert.All(_world.Pods.Where(p => Number(p.Name) >= from), p => Assert.Equal(Set.Status.UpdateRevision, p.Labels[WorkloadLabels.ControllerRevisionHash]));
        _world.Change(Resource, "db", d => d["spec"]!.AsObject().Remove("updateStrategy"));
        Finish();
        Assert.Equal(Set.Spec.Replicas, _world.Pods.Count());
        var history = _world.All<ControllerRevision>(Revisions);
        Assert.InRange(history.Count, 1, 3);
        Assert.Equal(Set.Status.UpdateRevision, history.MaxBy(r => r.Revision)!.Metadata.Name);
        Assert.Equal((Set.Spec.Replicas, Set.Spec.Replicas), (Set.Status.UpdatedReplicas ?? 0, Set.Status.AvailableReplicas));
    }

    private static int Number(string pod) => int.Parse(pod[3..], System.Globalization.CultureInfo.InvariantCulture);

    private StatefulSet Set => _world.Find<StatefulSet>(Resource, "db")!;

    private void Add(int replicas, string policy = "OrderedReady", int start = 0) => _world.Add(Resource, ApiJson.ToJson(new StatefulSet
    {
        Metadata = new() { Name = "db", Uid = "uid-db" },
        Spec = new() { Replicas = replicas, RevisionHistoryLimit = 2, ServiceName = "peers", PodManagementPolicy = policy, Ordinals = new() { Start = start }, Selector = World.Selector("db"), Template = World.Template("db") },
    }));

    // What is decided of pods and claims: templates are kept before.
    private WorkloadDecision Decide()
    {
        while (true)
        {
            var decision = StatefulSetController.Decide(
                Set, _world.Pods, _world.All<PersistentVolumeClaim>(Claims).Select(SetClaim.Of), _world.All<ControllerRevision>(Revisions), null, _world.Now);
            if (decision.Changes.Count == 0 || !decision.Changes.All(World.IsOfRevisions))
            {
                return decision;
            }

            _world.Do(Resource, "db", decision);
        }
    }

    private string Image(int ordinal) => _world.ImageOf($"db-{ordinal}");

    private void Run()
    {
        for (var i = 0; i < 20; i++)
        {
            var decision = Decide();
            _world.Do(Resource, "db", decision);
            if (decision.Changes.Count == 0)
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }

    private void Finish()
    {
        for (var i = 0; i < 30; i++)
        {
            foreach (var gone in _world.Pods.Where(p => p.IsDeleted).ToList())
            {
                _world.Remove("pods", gone.Name);
            }

            Run();
            if (_world.Pods.All(p => p is { IsReady: true, IsDeleted: false }) && Decide().Changes.Count == 0)
            {
                return;
            }

            _world.ReadyAll();
        }

        Assert.Fail("it comes to no end");
    }
}

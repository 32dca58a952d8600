using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Values;
using Insula.Api.Workloads;
using Insula.Workloads.Deployments;
using Insula.Workloads.Pods;
using Insula.Workloads.ReplicaSets;

namespace Insula.Workloads.Tests.Deployments;

/// <summary>A Deployment named web, its ReplicaSets and pods, each seen to by its controller.</summary>
internal sealed class DeploymentWorld
{
    public const string Sets = "replicasets.apps";
    private const string Resource = "deployments.apps";

    public World World { get; } = new();

    public Deployment Deployment => World.Find<Deployment>(Resource, "web")!;

    public IReadOnlyList<ReplicaSet> ReplicaSets => World.All<ReplicaSet>(Sets);

    public ReplicaSet? New => ReplicaSets.FirstOrDefault(s => TemplateHash.Same(s.Spec.Template, Deployment.Spec.Template));

    public IReadOnlyList<WorkloadPod> Active => [.. World.Pods.Where(p => p.IsActive)];

    public void Add(int replicas, RollingUpdate? rolling = null, string type = UpdateTypes.RollingUpdate, int? deadline = 600, int minReady = 0, int? history = 10) =>
        World.Add(Resource, ApiJson.ToJson(new Deployment
        {
            Metadata = new() { Name = "web", Uid = "uid-web" },
            Spec = new()
            {
                Replicas = replicas,
                Selector = World.Selector("web"),
                Template = World.Template("web", "v0"),
                Strategy = new() { Type = type, RollingUpdate = type == UpdateTypes.Recreate ? null : rolling ?? new() { MaxSurge = new IntOrString("25%"), MaxUnavailable = new IntOrString("25%") } },
                MinReadySeconds = minReady,
                ProgressDeadlineSeconds = deadline,
                RevisionHistoryLimit = history,
            },
        }));

    public void Change(Action<JsonObject> change) => World.Change(Resource, "web", d => change(d["spec"]!.AsObject()));

    public void Image(string image) => Change(s => s["template"]!["spec"]!["containers"]![0]!["image"] = image);

    public void Scale(int replicas) => Change(s => s["replicas"] = replicas);

    public WorkloadDecision Decide()
    {
        var pods = World.Pods.ToList();
        return DeploymentController.Decide(
            Deployment, ReplicaSets.Select(s => new DeploymentReplicas(s, pods.Any(p => p.Controller?.Uid == s.Metadata.Uid && !p.IsFinished))), World.Now);
    }

    /// <summary>One step of one controller; false when none has anything to do.</summary>
    /// <param name="endAtOnce">Whether pods that are deleted are gone at once.</param>
    /// <param name="deploymentFirst">Whether the Deployment is asked before its ReplicaSets.</param>
    public bool Step(bool endAtOnce = true, bool deploymentFirst = false)
    {
        if (deploymentFirst && Ask())
        {
            return true;
        }

        foreach (var set in ReplicaSets)
        {
            var decision = ReplicaSetController.Decide(Replicas.Of(set), World.Pods.Where(p => p.Controller is null || p.Controller.Uid == set.Metadata.Uid), null, World.Now);
            var same = decision.Status is null || JsonNode.DeepEquals(decision.Status, ApiJson.ToJson(set.Status));
            World.Do(Sets, set.Metadata.Name, decision, endAtOnce);
            if (decision.Changes.Count > 0 || !same)
            {
                return true;
            }
        }

        return Ask();

        bool Ask()
        {
            var decision = Decide();
            var same = JsonNode.DeepEquals(decision.Status, ApiJson.ToJson(Deployment.Status));
            World.Do(Resource, "web", decision);
            return decision.Changes.Count > 0 || !same;
        }
    }

    /// <summary>Goes on until nobody has anything to do.</summary>
    public void Settle()
    {
        for (var i = 0; i < 300; i++)
        {
            if (!Step())
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }

    /// <summary>Goes on, with pods that become ready at once, until nobody has anything to do.</summary>
    public void Finish()
    {
        for (var i = 0; i < 100; i++)
        {
            Settle();
            if (World.Pods.All(p => p.IsReady || !p.IsActive))
            {
                return;
            }

            World.ReadyAll();
        }

        Assert.Fail("it comes to no end");
    }

    public string? Condition(string type) => Deployment.Status.Conditions.FirstOrDefault(c => c.Type == type) is { } found ? $"{found.Status} {found.Reason}" : null;
}

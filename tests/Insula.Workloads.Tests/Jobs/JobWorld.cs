using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Workloads.Jobs;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Tests.Jobs;

/// <summary>A world with one Job, "work", and its controller.</summary>
internal sealed class JobWorld
{
    public const string Resource = "jobs.batch";

    public JobWorld(JobSpec spec)
    {
        var template = World.Template("work");
        template["metadata"]!["labels"]![WorkloadLabels.JobUid] = "uid-work";
        World.Add(Resource, ApiJson.ToJson(new Job
        {
            Metadata = new() { Name = "work", Uid = "uid-work" },
            Spec = spec with { Selector = new() { MatchLabels = new Dictionary<string, string> { [WorkloadLabels.JobUid] = "uid-work" } }, Template = template },
        }));
    }

    public World World { get; } = new();

    public Job Job => World.Find<Job>(Resource, "work")!;

    public IReadOnlyList<WorkloadPod> Active => [.. World.Pods.Where(p => p.IsActive)];

    public IReadOnlyList<string> Conditions => [.. Job.Status.Conditions.Where(c => c.Status == "True").Select(c => $"{c.Type} {c.Reason}")];

    public WorkloadPod At(int index) => Active.Single(p => p.CompletionIndex == index);

    public WorkloadDecision Decide() => JobController.Decide(Job, World.Pods, null, World.Now);

    /// <summary>Decides once and does it; pods that are let go and deleted are gone.</summary>
    public WorkloadDecision Step(bool endsDeleted = true)
    {
        var decision = Decide();
        World.Do(Resource, "work", decision, deleteAtOnce: endsDeleted);
        foreach (var gone in World.Pods.Where(p => p.IsDeleted && p.Finalizers.Count == 0 && (endsDeleted || p.IsFinished)).ToList())
        {
            World.Remove("pods", gone.Name);
        }

        return decision;
    }

    /// <summary>Decides until there is nothing to do.</summary>
    public void Run(bool endsDeleted = true)
    {
        for (var i = 0; i < 50; i++)
        {
            var before = ApiJson.ToJson(Job.Status);
            var decision = Step(endsDeleted);
            if (decision.Changes.Count == 0 && (decision.Status is null || JsonNode.DeepEquals(before, decision.Status)))
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }

    public void Fail(int index, int exitCode = 1)
    {
        var name = At(index).Name;
        World.Set(name, "Failed");
        World.Change("pods", name, d => d["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"] = exitCode);
    }

    public void Succeed(int index) => World.Set(At(index).Name, "Succeeded");
}

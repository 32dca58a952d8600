using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Deployments;

/// <summary>
/// Brings a Deployment's pods from one template to the next by way of ReplicaSets, one a template, as a pure function. The steps, their order
/// and their arithmetic are those of Kubernetes' deployment controller.
/// </summary>
public static class DeploymentController
{
    internal const string Resource = "replicasets.apps";

    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="deployment">What is wanted.</param>
    /// <param name="sets">All ReplicaSets of its namespace.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(Deployment deployment, IEnumerable<DeploymentReplicas> sets, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var owner = new PodOwner("apps/v1", "Deployment", deployment.Metadata, deployment.Spec.Selector?.ToSelector() ?? LabelSelector.Everything);
        var all = sets.ToList();
        var (mine, claims) = Claim(owner, all);
        var turn = new DeploymentTurn(deployment, owner, mine, all.Select(s => s.Set.Metadata.Name).ToHashSet(), now);
        if (claims.Count > 0)
        {
            return turn.Decide(claims, rollout: false);
        }

        if (owner.IsDeleted)
        {
            return turn.Decide([], rollout: false);
        }

        turn.NotePause();
        if (deployment.Spec.Paused == true || turn.IsScaled)
        {
            IReadOnlyList<WorkloadChange> scaled = turn.SyncNew(create: false) is { Count: > 0 } changes ? changes : DeploymentScaling.Scale(turn);
            return turn.Decide(scaled.Count > 0 || deployment.Spec.Paused != true ? scaled : turn.Clean(), rollout: false);
        }

        return turn.Decide(deployment.Spec.Strategy?.Type == UpdateTypes.Recreate ? Recreate(turn) : Roll(turn), rollout: true);
    }

    private static IReadOnlyList<WorkloadChange> Roll(DeploymentTurn turn)
    {
        if (turn.SyncNew(create: true) is { Count: > 0 } synced)
        {
            return synced;
        }

        if (turn.New is not { } current)
        {
            return [];
        }

        var size = current.Replicas() > turn.Wanted ? turn.Wanted : turn.NewSize();
        return size != current.Replicas() ? [turn.Resize(current, size)]
            : DeploymentRolling.Shrink(turn) is { Count: > 0 } shrunk ? shrunk
            : turn.IsComplete ? turn.Clean() : [];
    }

    private static IReadOnlyList<WorkloadChange> Recreate(DeploymentTurn turn)
    {
        if (turn.SyncNew(create: false) is { Count: > 0 } synced)
        {
            return synced;
        }

        var shrunk = turn.Old.Where(s => s.Replicas() > 0).Select(s => turn.Resize(s, 0)).ToList();
        if (shrunk.Count > 0 || turn.OldPodsAreLeft)
        {
            return shrunk;
        }

        if (turn.SyncNew(create: true) is { Count: > 0 } created)
        {
            return created;
        }

        return turn.New is { } current && current.Replicas() != turn.Wanted ? [turn.Resize(current, turn.Wanted)] : turn.IsComplete ? turn.Clean() : [];
    }

    private static (IReadOnlyList<DeploymentReplicas> Mine, IReadOnlyList<WorkloadChange> Changes) Claim(PodOwner owner, IEnumerable<DeploymentReplicas> all)
    {
        var mine = new List<DeploymentReplicas>();
        var changes = new List<WorkloadChange>();
        foreach (var one in all)
        {
            var metadata = one.Set.Metadata;
            switch (Claims.Judge(owner, metadata.OwnerReferences, metadata.Labels, metadata.DeletionTimestamp is not null))
            {
                case Pods.Claim.Mine:
                    mine.Add(one);
                    break;
                case Pods.Claim.Adopt:
                    changes.Add(Claims.Edit(Resource, metadata.Name, metadata.Uid ?? "", metadata.ResourceVersion ?? "", [.. metadata.OwnerReferences, owner.Reference]));
                    break;
                case Pods.Claim.Release:
                    changes.Add(Claims.Edit(Resource, metadata.Name, metadata.Uid ?? "", metadata.ResourceVersion ?? "", [.. metadata.OwnerReferences.Where(o => o.Uid != owner.Metadata.Uid)]));
                    break;
            }
        }

        return (mine, changes);
    }
}

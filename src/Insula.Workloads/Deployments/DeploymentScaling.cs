using Insula.Api.Workloads;

namespace Insula.Workloads.Deployments;

/// <summary>
/// What a change of replicas means while an update is under way or paused: it is shared among the ReplicaSets by their sizes, and what is left
/// over goes to the largest.
/// </summary>
internal static class DeploymentScaling
{
    public static IReadOnlyList<WorkloadChange> Scale(DeploymentTurn turn)
    {
        var active = turn.All.Where(s => s.Replicas() > 0).ToList();
        if (active.Count <= 1)
        {
            var only = active.FirstOrDefault() ?? turn.New ?? turn.Old.MaxBy(s => s.Metadata.CreationTimestamp);
            return only is null || (only.Replicas() == turn.Wanted && turn.HasSizes(only)) ? [] : [turn.Resize(only, turn.Wanted)];
        }

        if (turn.New is { } current && current.Replicas() == turn.Wanted && current.Number(WorkloadLabels.DesiredReplicas) == turn.Wanted && current.Available() == turn.Wanted)
        {
            return [.. turn.Old.Where(s => s.Replicas() > 0).Select(s => turn.Resize(s, 0))];
        }

        return turn.IsRolling ? Share(turn, active) : [.. active.Where(s => !turn.HasSizes(s)).Select(s => turn.Resize(s, s.Replicas()))];
    }

    private static IReadOnlyList<WorkloadChange> Share(DeploymentTurn turn, List<ReplicaSet> active)
    {
        var missing = (turn.Wanted > 0 ? turn.Wanted + turn.Surge : 0) - active.Sum(s => s.Replicas());
        var sorted = missing > 0
            ? active.OrderByDescending(s => s.Replicas()).ThenByDescending(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal)
            : active.OrderByDescending(s => s.Replicas()).ThenBy(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal);
        var sizes = new List<(ReplicaSet Set, int Size)>();
        var added = 0;
        foreach (var set in sorted)
        {
            var part = missing == 0 || missing == added ? 0 : Part(turn, set, missing - added);
            sizes.Add((set, set.Replicas() + part));
            added += part;
        }

        sizes[0] = (sizes[0].Set, Math.Max(0, sizes[0].Size + missing - added));
        return [.. sizes.Where(s => s.Size != s.Set.Replicas() || !turn.HasSizes(s.Set)).Select(s => turn.Resize(s.Set, s.Size))];
    }

    private static int Part(DeploymentTurn turn, ReplicaSet set, int allowed)
    {
        if (turn.Wanted == 0)
        {
            return Math.Max(-set.Replicas(), allowed);
        }

        var before = set.Number(WorkloadLabels.MaxReplicas) is { } most and > 0 ? most : turn.Deployment.Status.Replicas ?? 0;
        if (before == 0)
        {
            return 0;
        }

        var share = (int)Math.Round((double)set.Replicas() * (turn.Wanted + turn.Surge) / before, MidpointRounding.AwayFromZero) - set.Replicas();
        return allowed > 0 ? Math.Min(share, allowed) : Math.Max(share, allowed);
    }
}

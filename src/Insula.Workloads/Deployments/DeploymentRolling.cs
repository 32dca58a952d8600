using Insula.Api.Workloads;

namespace Insula.Workloads.Deployments;

/// <summary>A rolling update takes old pods away as new ones become available: those that serve nobody first.</summary>
internal static class DeploymentRolling
{
    public static IReadOnlyList<WorkloadChange> Shrink(DeploymentTurn turn)
    {
        var sizes = turn.Old.ToDictionary(s => s, s => s.Replicas());
        var least = turn.Wanted - turn.Unavailable;
        var pending = turn.New!.Replicas() - turn.New!.Available();
        var most = turn.Total - least - pending;
        if (most <= 0 || sizes.Values.All(s => s == 0))
        {
            return [];
        }

        foreach (var old in turn.Old)
        {
            // What is not available is not missed.
            var gone = Math.Clamp(sizes[old] - old.Available(), 0, most);
            sizes[old] -= gone;
            most -= gone;
        }

        var spare = turn.All.Sum(s => s.Available()) - least;
        foreach (var old in turn.Old)
        {
            var gone = Math.Clamp(spare, 0, Math.Min(sizes[old], Math.Max(most, 0)));
            sizes[old] -= gone;
            spare -= gone;
            most -= gone;
        }

        return [.. turn.Old.Where(s => sizes[s] != s.Replicas()).Select(s => turn.Resize(s, sizes[s]))];
    }
}

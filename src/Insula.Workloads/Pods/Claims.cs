using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;

namespace Insula.Workloads.Pods;

/// <summary>
/// Which objects are an owner's: those that say so and have its labels. Those that have its labels and no manager are adopted, those that say
/// so and have other labels are let go.
/// </summary>
internal static class Claims
{
    /// <summary>The pods that are the owner's, and what has to be changed in others or in them.</summary>
    public static (IReadOnlyList<WorkloadPod> Mine, IReadOnlyList<WorkloadChange> Changes) Of(PodOwner owner, IEnumerable<WorkloadPod> pods)
    {
        var mine = new List<WorkloadPod>();
        var changes = new List<WorkloadChange>();
        foreach (var pod in pods)
        {
            switch (Judge(owner, pod.Owners, pod.Labels, pod.IsDeleted))
            {
                case Claim.Mine:
                    mine.Add(pod);
                    break;
                case Claim.Adopt:
                    changes.Add(Edit("pods", pod.Name, pod.Uid, pod.Version, [.. pod.Owners, owner.Reference]));
                    break;
                case Claim.Release:
                    changes.Add(Edit("pods", pod.Name, pod.Uid, pod.Version, [.. pod.Owners.Where(o => o.Uid != owner.Metadata.Uid)]));
                    break;
            }
        }

        return (mine, changes);
    }

    public static Claim Judge(PodOwner owner, IReadOnlyList<OwnerReference> owners, IReadOnlyDictionary<string, string> labels, bool deleted)
    {
        var controller = owners.FirstOrDefault(o => o.Controller == true);
        var matches = owner.Selector.Matches(labels);
        if (controller is not null)
        {
            return controller.Uid != owner.Metadata.Uid ? Claim.None
                : matches ? Claim.Mine
                : owner.IsDeleted ? Claim.None : Claim.Release;
        }

        return matches && !owner.IsDeleted && !deleted ? Claim.Adopt : Claim.None;
    }

    public static WorkloadChange Edit(string resource, string name, string uid, string version, IReadOnlyList<OwnerReference> owners) =>
        new WorkloadChange.Edit(resource, name, uid, new JsonObject
        {
            ["metadata"] = new JsonObject { ["ownerReferences"] = owners.Count == 0 ? null : new JsonArray([.. owners.Select(o => (JsonNode)ApiJson.ToJson(o))]) },
        })
        { Version = version };
}

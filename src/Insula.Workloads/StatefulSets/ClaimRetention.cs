using Insula.Api.Core;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.StatefulSets;

/// <summary>
/// What becomes of a set's claims. Where they go with the set they belong to it, and so go as whatever belongs to somebody; where they go with their
/// pods, those that no number in use has are deleted once the pod is gone.
/// </summary>
internal static class ClaimRetention
{
    private const string Resource = "persistentvolumeclaims";

    public static IReadOnlyList<WorkloadChange> Changes(StatefulSet set, PodOwner owner, IEnumerable<SetClaim> claims, IReadOnlyDictionary<int, WorkloadPod> pods)
    {
        var policy = set.Spec.PersistentVolumeClaimRetentionPolicy;
        var start = set.Spec.Ordinals?.Start ?? 0;
        var end = start + (set.Spec.Replicas ?? 1);
        var changes = new List<WorkloadChange>();
        foreach (var claim in claims.Where(c => !c.IsDeleted && owner.Selector.Matches(c.Labels)).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            if (SetClaims.OrdinalOf(set, claim.Name) is not { } ordinal)
            {
                continue;
            }

            var surplus = ordinal < start || ordinal >= end;
            if (surplus && policy?.WhenScaled == ClaimRetentionPolicy.Delete && !pods.ContainsKey(ordinal))
            {
                changes.Add(new WorkloadChange.Delete(Resource, claim.Name, claim.Uid, new(EventTypes.Normal, "SuccessfulDelete", $"delete Claim {claim.Name} of StatefulSet {set.Metadata.Name} successful")));
                continue;
            }

            var owned = claim.Owners.Any(o => o.Uid == set.Metadata.Uid);
            var owns = policy?.WhenDeleted == ClaimRetentionPolicy.Delete;
            if (owns && !owned && !claim.Owners.Any(o => o.Controller == true))
            {
                changes.Add(Claims.Edit(Resource, claim.Name, claim.Uid, claim.Version, [.. claim.Owners, owner.Reference]));
            }
            else if (!owns && owned)
            {
                changes.Add(Claims.Edit(Resource, claim.Name, claim.Uid, claim.Version, [.. claim.Owners.Where(o => o.Uid != set.Metadata.Uid)]));
            }
        }

        return changes;
    }

    /// <summary>The claims that a pod lacks, to be made; null when one is being deleted, and has to be gone first.</summary>
    public static IReadOnlyList<WorkloadChange>? Missing(StatefulSet set, IReadOnlyDictionary<string, SetClaim> claims, int ordinal)
    {
        var changes = new List<WorkloadChange>();
        foreach (var template in set.Spec.VolumeClaimTemplates)
        {
            var name = SetClaims.NameOf(set, template["metadata"]?["name"]?.ToString() ?? "", ordinal);
            if (!claims.TryGetValue(name, out var claim))
            {
                changes.Add(new WorkloadChange.Create(
                    Resource, SetClaims.Document(set, template, ordinal), new(EventTypes.Normal, "SuccessfulCreate", $"create Claim {name} Pod {set.Metadata.Name}-{ordinal} in StatefulSet {set.Metadata.Name} success"))
                { MayExist = true });
            }
            else if (claim.IsDeleted)
            {
                return null;
            }
        }

        return changes;
    }
}

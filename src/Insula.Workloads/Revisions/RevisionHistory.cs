using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Revisions;

/// <summary>
/// The templates of a StatefulSet or DaemonSet, each kept in a ControllerRevision: which one is the present one's, what is to be made or changed
/// so that there is one, and which are more than are kept for a rollback. A template that comes back is given a new number, not another object.
/// </summary>
internal sealed class RevisionHistory
{
    /// <summary>The resource of ControllerRevisions.</summary>
    public const string Resource = "controllerrevisions.apps";

    private readonly IReadOnlyList<ControllerRevision> _mine;

    private RevisionHistory(IReadOnlyList<ControllerRevision> mine, string present, IReadOnlyList<WorkloadChange> changes) => (_mine, Present, Changes) = (mine, present, changes);

    /// <summary>The name of the present template's revision.</summary>
    public string Present { get; }

    /// <summary>What has to be done before any pod is made of the present template.</summary>
    public IReadOnlyList<WorkloadChange> Changes { get; }

    /// <summary>Looks at the templates of a set.</summary>
    /// <param name="owner">The set.</param>
    /// <param name="template">Its present template.</param>
    /// <param name="all">All revisions of its namespace.</param>
    public static RevisionHistory Of(PodOwner owner, JsonObject template, IEnumerable<ControllerRevision> all)
    {
        var mine = new List<ControllerRevision>();
        var changes = new List<WorkloadChange>();
        var taken = new HashSet<string>();
        foreach (var one in all)
        {
            taken.Add(one.Metadata.Name);
            switch (Claims.Judge(owner, one.Metadata.OwnerReferences, one.Metadata.Labels, one.Metadata.DeletionTimestamp is not null))
            {
                case Claim.Mine:
                    mine.Add(one);
                    break;
                case Claim.Adopt:
                    changes.Add(Owned(one, [.. one.Metadata.OwnerReferences, owner.Reference]));
                    break;
                case Claim.Release:
                    changes.Add(Owned(one, [.. one.Metadata.OwnerReferences.Where(o => o.Uid != owner.Metadata.Uid)]));
                    break;
            }
        }

        mine.Sort((a, b) => a.Revision != b.Revision ? a.Revision.CompareTo(b.Revision) : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name));
        var present = mine.FindLast(r => RevisionData.Template(r.Data) is { } kept && TemplateHash.Same(kept, template));
        var next = mine.Count == 0 ? 1 : mine[^1].Revision + 1;
        if (present is null)
        {
            var hash = TemplateHash.Of(template);
            for (var other = 1; taken.Contains($"{owner.Metadata.Name}-{hash}"); other++)
            {
                // Another template's, or somebody else's.
                hash = TemplateHash.Of(template, other);
            }

            // Who has just been adopted may be the present one's: the next look tells.
            return new(mine, $"{owner.Metadata.Name}-{hash}", owner.IsDeleted || changes.Count > 0 ? changes : [Make(owner, template, hash, next)]);
        }

        if (present != mine[^1] && !owner.IsDeleted)
        {
            changes.Add(new WorkloadChange.Edit(Resource, present.Metadata.Name, present.Metadata.Uid ?? "", new JsonObject { ["revision"] = next }));
        }

        return new(mine, present.Metadata.Name, changes);
    }

    /// <summary>The template that a name stands for; null when it is not kept.</summary>
    public JsonObject? Template(string name) => RevisionData.Template(_mine.FirstOrDefault(r => r.Metadata.Name == name)?.Data);

    /// <summary>The oldest that are more than are kept, of those that nobody uses.</summary>
    /// <param name="limit">How many are kept beside those in use; null for all.</param>
    /// <param name="used">Names of those in use.</param>
    public IReadOnlyList<WorkloadChange> Surplus(int? limit, IReadOnlySet<string> used)
    {
        var idle = _mine.Where(r => r.Metadata.Name != Present && !used.Contains(r.Metadata.Name) && r.Metadata.DeletionTimestamp is null).ToList();
        return [.. idle.Take(Math.Max(0, idle.Count - (limit ?? int.MaxValue))).Select(r => new WorkloadChange.Delete(Resource, r.Metadata.Name, r.Metadata.Uid ?? ""))];
    }

    private static WorkloadChange Owned(ControllerRevision one, IReadOnlyList<OwnerReference> owners) =>
        Claims.Edit(Resource, one.Metadata.Name, one.Metadata.Uid ?? "", one.Metadata.ResourceVersion ?? "", owners);

    private static WorkloadChange.Create Make(PodOwner owner, JsonObject template, string hash, long number)
    {
        var labels = template["metadata"]?["labels"]?.DeepClone() as JsonObject ?? [];
        labels[WorkloadLabels.ControllerRevisionHash] = hash;
        var metadata = new JsonObject
        {
            ["name"] = string.Create(CultureInfo.InvariantCulture, $"{owner.Metadata.Name}-{hash}"),
            ["labels"] = labels,
            ["ownerReferences"] = new JsonArray(ApiJson.ToJson(owner.Reference)),
        };
        if (owner.Metadata.Annotations.GetValueOrDefault(WorkloadLabels.ChangeCause) is { } cause)
        {
            metadata["annotations"] = new JsonObject { [WorkloadLabels.ChangeCause] = cause };
        }

        return new(Resource, new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ControllerRevision",
            ["metadata"] = metadata,
            ["data"] = RevisionData.Of(template),
            ["revision"] = number,
        })
        { MayExist = true };
    }
}

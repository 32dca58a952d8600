using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Workloads;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>A template that a workload has or had.</summary>
/// <param name="Number">Its number; the highest is the present one's.</param>
/// <param name="Cause">Why it came to be, as people said; null when they said nothing.</param>
/// <param name="Template">The template.</param>
internal sealed record RolloutRevision(long Number, string? Cause, JsonObject Template)
{
    /// <summary>Those of a workload, the oldest first: a Deployment's are in its ReplicaSets, other sets' in ControllerRevisions.</summary>
    /// <exception cref="CommandException">The kind has no updates.</exception>
    public static async Task<IReadOnlyList<RolloutRevision>> ListAsync(ApiClient client, ObjectTarget target, JsonObject workload, CancellationToken ct)
    {
        RolloutStatus.Require(target, "Deployment", "StatefulSet", "DaemonSet");
        var isDeployment = target.Type.Kind == "Deployment";
        var uid = (string?)workload["metadata"]?["uid"];
        var list = await client.GetAsync($"/apis/apps/v1/namespaces/{Uri.EscapeDataString(target.Namespace ?? "default")}/{(isDeployment ? "replicasets" : "controllerrevisions")}", ct);
        return
        [
            .. (list["items"] as JsonArray ?? []).OfType<JsonObject>()
                .Where(o => (o["metadata"]?["ownerReferences"] as JsonArray ?? []).Any(r => (string?)r?["uid"] == uid && (bool?)r?["controller"] == true))
                .Select(o => isDeployment ? OfReplicaSet(o) : OfControllerRevision(o))
                .OfType<RolloutRevision>()
                .OrderBy(r => r.Number),
        ];
    }

    private static RolloutRevision? OfReplicaSet(JsonObject set)
    {
        if (!long.TryParse(Annotation(set, WorkloadLabels.Revision), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            return null;
        }

        var template = set["spec"]!["template"]!.DeepClone().AsObject();
        (template["metadata"]?["labels"] as JsonObject)?.Remove(WorkloadLabels.TemplateHash);
        return new(number, Annotation(set, WorkloadLabels.ChangeCause), template);
    }

    private static RolloutRevision? OfControllerRevision(JsonObject one) =>
        RevisionData.Template(one["data"]) is { } template ? new((long?)one["revision"] ?? 0, Annotation(one, WorkloadLabels.ChangeCause), template) : null;

    private static string? Annotation(JsonObject document, string key) => (string?)document["metadata"]?["annotations"]?[key];
}

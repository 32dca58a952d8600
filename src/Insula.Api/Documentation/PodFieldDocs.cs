using System.Text;
using Insula.Api.Kinds;
using Insula.Api.Schema;

namespace Insula.Api.Documentation;

/// <summary>The documentation of kinds and fields, made from the tables that the decoder works by.</summary>
public static class PodFieldDocs
{
    /// <summary>The page: the kinds, then every field of a Pod, and of the kinds that lead to pods, with what Insula does with it.</summary>
    public static string Markdown()
    {
        var output = new StringBuilder();
        output.Append(
            """
            # What manifests may say

            This page is generated from the tables by which manifests are read. A field is honoured, accepted with a warning
            because it means nothing on one machine, or refused by its path with the reason; none is ignored in silence.
            `insula explain pod.spec` shows the same in a terminal, `insula validate -f FILE` checks a file.

            ## Kinds

            | Kind | apiVersion | Insula |
            |---|---|---|

            """);
        foreach (var kind in KindTable.All)
        {
            output.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {kind.Kind} | {kind.ApiVersion} | {Support(kind)} |\n");
        }

        Section(output, "a Pod", PodTypes.Pod);
        Section(output, "a Service", ServiceTypes.Service);
        Section(output, "Endpoints", EndpointTypes.Endpoints);
        Section(output, "an EndpointSlice", EndpointTypes.EndpointSlice);
        Section(output, "a NetworkPolicy", PolicyTypes.NetworkPolicy);
        Section(output, "a Deployment", WorkloadTypes.Deployment);
        Section(output, "a ReplicaSet", WorkloadTypes.ReplicaSet);
        Section(output, "a StatefulSet", WorkloadTypes.StatefulSet);
        Section(output, "a DaemonSet", WorkloadTypes.DaemonSet);
        Section(output, "a ControllerRevision", WorkloadTypes.ControllerRevision);
        Section(output, "a ReplicationController", WorkloadTypes.ReplicationController);
        Section(output, "a Job", BatchTypes.Job);
        Section(output, "a CronJob", BatchTypes.CronJob);
        Section(output, "a PersistentVolumeClaim", StorageTypes.Claim);
        Section(output, "a PersistentVolume", StorageTypes.Volume);
        Section(output, "a StorageClass", StorageTypes.Class);
        Section(output, "a HorizontalPodAutoscaler", AutoscalingTypes.Autoscaler);
        Section(output, "a PodDisruptionBudget", DisruptionTypes.Budget);
        Section(output, "a PriorityClass", OtherTypes.PriorityClass);
        Section(output, "a ResourceQuota", QuotaTypes.ResourceQuota);
        Section(output, "a LimitRange", QuotaTypes.LimitRange);
        Section(output, "a Node", NodeTypes.Node);
        return output.ToString();
    }

    private static string Support(KindInfo kind) => kind.Support switch
    {
        KindSupport.Supported => "supported",
        KindSupport.Stored => "stored with a warning: " + kind.Reason,
        _ => "refused: " + kind.Reason,
    };

    private static void Section(StringBuilder output, string what, ObjectType type)
    {
        output.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## Fields of {what}\n\n| Field | Type | Insula | Meaning |\n|---|---|---|---|\n");
        Rows(output, "", type);
    }

    private static void Rows(StringBuilder output, string prefix, ObjectType type)
    {
        foreach (var field in type.Fields)
        {
            var path = prefix + field.Name + (field.Shape == FieldShape.List ? "[]" : "");
            var values = field.Allowed.Count == 0 ? "" : " One of " + string.Join(", ", field.Allowed.Select(a => a.Length == 0 ? "`\"\"`" : $"`{a}`")) + ".";
            output.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{path}` | {field.TypeName} | {Support(field)} | {Cell(field.Doc + values)} |\n");
            // What is below a refused field is refused with it.
            // Of metadata, which all kinds have, and of what pods are, the Pod's section says everything.
            if (field is { ObjectType: { } below, Support: not FieldSupport.Refused } && (type == PodTypes.Pod || (below != MetaTypes.ObjectMeta && below != PodTypes.PodSpec && (type == BatchTypes.Job || below != BatchTypes.Job.Find("spec")!.ObjectType))))
            {
                Rows(output, path + ".", below);
            }
        }
    }

    private static string Support(FieldInfo field)
    {
        var note = Explain.Note(field);
        return field.Support == FieldSupport.Supported && field.RefusedValues.Count == 0 && !field.IsReadOnly
            ? field.IsRequired ? "required" : "yes"
            : Cell(note.TrimEnd('.'));
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}

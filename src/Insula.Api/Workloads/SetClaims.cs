using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Storage;

namespace Insula.Api.Workloads;

/// <summary>The claims that the pods of a StatefulSet have: what they are called, and how their pods name them.</summary>
public static class SetClaims
{
    /// <summary>The names of a set's templates.</summary>
    public static IEnumerable<string> TemplatesOf(StatefulSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return set.Spec.VolumeClaimTemplates.Select(t => t["metadata"]?["name"]?.ToString() ?? "");
    }

    /// <summary>The claim of one pod by one template.</summary>
    public static string NameOf(StatefulSet set, string template, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(set);
        return string.Create(CultureInfo.InvariantCulture, $"{template}-{set.Metadata.Name}-{ordinal}");
    }

    /// <summary>The number in a claim's name; null when it is no name of the set's.</summary>
    public static int? OrdinalOf(StatefulSet set, string claim)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(claim);
        foreach (var template in TemplatesOf(set))
        {
            var prefix = $"{template}-{set.Metadata.Name}-";
            if (claim.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(claim.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
                && NameOf(set, template, ordinal) == claim)
            {
                return ordinal;
            }
        }

        return null;
    }

    /// <summary>A pod's document with the volumes of its claims, instead of those that the template has by the same names.</summary>
    /// <param name="set">The set.</param>
    /// <param name="pod">The template, or a pod made from it.</param>
    /// <param name="ordinal">The pod's number; null for none in particular.</param>
    /// <returns>A copy.</returns>
    public static JsonObject WithVolumes(StatefulSet set, JsonObject pod, int? ordinal)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(pod);
        var copy = pod.DeepClone().AsObject();
        var templates = TemplatesOf(set).ToList();
        if (templates.Count == 0 || copy["spec"] is not JsonObject spec)
        {
            return copy;
        }

        var others = (spec["volumes"] as JsonArray ?? []).Where(v => !templates.Contains(v?["name"]?.ToString() ?? "")).Select(v => v?.DeepClone());
        spec["volumes"] = new JsonArray([.. others, .. templates.Select(template => (JsonNode)new JsonObject
        {
            ["name"] = template,
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = NameOf(set, template, ordinal ?? 0) },
        })]);
        return copy;
    }

    /// <summary>The claim of one pod by one template, to be made: with the labels of the set's selector.</summary>
    public static JsonObject Document(StatefulSet set, JsonObject template, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(template);
        var labels = new JsonObject();
        foreach (var (key, value) in (template["metadata"]?["labels"] as JsonObject ?? []).Select(l => (l.Key, l.Value?.ToString() ?? "")).Concat((set.Spec.Selector?.MatchLabels ?? new Dictionary<string, string>()).Select(l => (l.Key, l.Value))))
        {
            labels[key] = value;
        }

        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = new JsonObject
            {
                ["name"] = NameOf(set, template["metadata"]?["name"]?.ToString() ?? "", ordinal),
                ["labels"] = labels,
                ["annotations"] = template["metadata"]?["annotations"]?.DeepClone(),
            },
            ["spec"] = template["spec"]?.DeepClone(),
        };
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Json;

namespace Insula.Workloads.Pods;

/// <summary>Pods from templates.</summary>
internal static class PodTemplate
{
    /// <summary>A pod of an owner: with the template's labels, annotations and spec, and a name that begins with the owner's.</summary>
    public static JsonObject Pod(PodOwner owner, JsonObject template)
    {
        var metadata = new JsonObject { ["generateName"] = owner.Metadata.Name + "-" };
        foreach (var name in (ReadOnlySpan<string>)["labels", "annotations", "finalizers"])
        {
            if (template["metadata"]?[name] is { } value)
            {
                metadata[name] = value.DeepClone();
            }
        }

        metadata["ownerReferences"] = new JsonArray(ApiJson.ToJson(owner.Reference));
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = template["spec"]?.DeepClone(),
        };
    }

    /// <summary>Sets a label or an annotation.</summary>
    public static void Set(JsonObject document, string map, string key, string value)
    {
        if (document["metadata"] is not JsonObject metadata)
        {
            document["metadata"] = metadata = [];
        }

        if (metadata[map] is not JsonObject values)
        {
            metadata[map] = values = [];
        }

        values[key] = value;
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>
/// What may change in a pod that exists: images of containers, an active deadline that is set or shortened, labels, annotations, finalizers, owner references, and
/// tolerations that are added. Everything else needs a new pod.
/// </summary>
public static class PodUpdate
{
    private const string WayOut = "may not change while the pod exists; delete the pod and create it again, or use \"insula replace --force\"";

    private const string Resize =
        "may not change here; cpu and memory of a running pod change by the subresource resize: \"insula set resources\", or \"insula patch --subresource resize\"";

    private static readonly string[] _serverMetadata =
        ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink", "managedFields"];

    /// <summary>What the change would touch that may not change; empty when it is allowed. Both have their defaults.</summary>
    public static IReadOnlyList<FieldError> Validate(Pod oldPod, Pod newPod) =>
        Validate(ApiJson.ToJson(oldPod), ApiJson.ToJson(newPod));

    /// <summary>The same for decoded documents with their defaults.</summary>
    public static IReadOnlyList<FieldError> Validate(JsonObject oldPod, JsonObject newPod)
    {
        var errors = new List<FieldError>();
        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "uid", "creationTimestamp"])
        {
            var old = Child(oldPod, "metadata")?[name];
            var changed = Child(newPod, "metadata")?[name];
            if (changed is not null && !JsonNode.DeepEquals(old, changed))
            {
                errors.Add(FieldError.Invalid($"metadata.{name}", changed, "field is immutable"));
            }
        }

        AppArmorAnnotations.ValidateUpdate(new(errors, "metadata"), Annotations(oldPod), Annotations(newPod));
        Compare(errors, "spec", Child(oldPod, "spec"), Child(newPod, "spec"));
        return errors;
    }

    /// <summary>
    /// The new document with what only the server writes taken from the old one: status, UID, times, generation, and the
    /// node when the new one names none. Its resourceVersion stays as the client gave it.
    /// </summary>
    public static JsonObject CarryOver(JsonObject oldPod, JsonObject newPod)
    {
        var result = newPod.DeepClone().AsObject();
        var metadata = result["metadata"] as JsonObject ?? [];
        result["metadata"] ??= metadata;
        foreach (var name in _serverMetadata)
        {
            metadata.Remove(name);
            if (Child(oldPod, "metadata")?[name] is { } value)
            {
                metadata[name] = value.DeepClone();
            }
        }

        result.Remove("status");
        if (oldPod["status"] is { } status)
        {
            result["status"] = status.DeepClone();
        }

        if (result["spec"] is JsonObject spec && spec["nodeName"] is null && Child(oldPod, "spec")?["nodeName"] is { } node)
        {
            spec["nodeName"] = node.DeepClone();
        }

        return result;
    }

    private static JsonObject? Annotations(JsonObject pod) => pod["metadata"]?["annotations"] as JsonObject;

    private static JsonObject? Child(JsonObject parent, string name) => parent[name] as JsonObject;

    private static void Compare(List<FieldError> errors, string path, JsonNode? old, JsonNode? changed)
    {
        switch (old, changed)
        {
            case (JsonObject before, JsonObject after):
                foreach (var name in before.Select(p => p.Key).Union(after.Select(p => p.Key)))
                {
                    Field(errors, path, name, before[name], after[name]);
                }

                break;
            case (JsonArray before, JsonArray after) when before.Count == after.Count:
                for (var i = 0; i < before.Count; i++)
                {
                    Compare(errors, $"{path}[{i}]", before[i], after[i]);
                }

                break;
            default:
                if (!JsonNode.DeepEquals(old, changed) && !(IsEmpty(old) && IsEmpty(changed)))
                {
                    errors.Add(FieldError.Forbidden(path, path.Contains("].resources", StringComparison.Ordinal) || path.Contains("].resizePolicy", StringComparison.Ordinal) ? Resize : WayOut));
                }

                break;
        }
    }

    private static void Field(List<FieldError> errors, string path, string name, JsonNode? before, JsonNode? after)
    {
        var mayChange = (path, name) switch
        {
            ("spec", "tolerations") => Added(before, after),
            ("spec", "nodeName") => after is null,
            ("spec", "activeDeadlineSeconds") => after is not null && (before is null || (long)after <= (long)before),
            (_, "image") => (path.StartsWith("spec.containers[", StringComparison.Ordinal) || path.StartsWith("spec.initContainers[", StringComparison.Ordinal))
                && after is not null && !path.Contains("].", StringComparison.Ordinal),
            _ => false,
        };
        if (!mayChange)
        {
            Compare(errors, $"{path}.{name}", before, after);
        }
    }

    private static bool Added(JsonNode? before, JsonNode? after) =>
        before is null || (before is JsonArray old && after is JsonArray more && old.All(o => more.Any(m => JsonNode.DeepEquals(o, m))));

    private static bool IsEmpty(JsonNode? node) => node is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
}

using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>
/// What may become of the resources of a pod that exists (KEP-1287): through their subresource cpu and memory of its containers and sidecars, and the
/// policies that say what a change takes. Whether there is room is not asked here: what is written is what is wanted.
/// </summary>
public static class ResizeUpdate
{
    /// <summary>The subresource.</summary>
    public const string Subresource = "resize";

    private static readonly string[] s_lists = ["containers", "initContainers"];
    private static readonly string[] s_fields = ["resources", "resizePolicy"];
    private static readonly string[] s_resources = ["cpu", "memory"];

    /// <summary>The pod as it is, with the resources and policies that are proposed for the containers of the same names.</summary>
    public static JsonObject Take(JsonObject old, JsonObject proposed)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(proposed);
        var result = old.DeepClone().AsObject();
        foreach (var list in s_lists)
        {
            var wanted = Containers(proposed, list).DistinctBy(c => (string?)c["name"]).ToDictionary(c => (string?)c["name"] ?? "");
            foreach (var container in Containers(result, list))
            {
                if (wanted.TryGetValue((string?)container["name"] ?? "", out var other))
                {
                    foreach (var field in s_fields)
                    {
                        container.Remove(field);
                        if (other[field] is { } value)
                        {
                            container[field] = value.DeepClone();
                        }
                    }
                }
            }
        }

        if (proposed["metadata"]?["resourceVersion"] is { } version)
        {
            result["metadata"]!["resourceVersion"] = version.DeepClone();
        }

        return result;
    }

    /// <summary>What is wrong with a change through the subresource, with the texts of Kubernetes. Both have their defaults.</summary>
    public static IReadOnlyList<FieldError> Validate(JsonObject old, JsonObject changed)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(changed);
        var (before, after) = (ApiJson.Read<Pod>(old).Spec, ApiJson.Read<Pod>(changed).Spec);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "spec");
        if (PodResources.AreOfPod(before))
        {
            at.Field("resources").Forbidden("pods with pod-level resources cannot be resized");
            return errors;
        }

        if (PodQos.Of(before) is var qos && PodQos.Of(after) is var other && qos != other)
        {
            at.Invalid(other, $"Pod QOS Class may not change as a result of resizing: it is {qos}");
        }

        Containers(at.Field("containers"), before.Containers, after.Containers, _ => true);
        Containers(at.Field("initContainers"), before.InitContainers, after.InitContainers, c => c.RestartPolicy == RestartPolicies.Always);
        return errors;
    }

    private static void Containers(ErrorList at, IReadOnlyList<Container> before, IReadOnlyList<Container> after, Func<Container, bool> mayChange)
    {
        for (var i = 0; i < before.Count; i++)
        {
            var (old, now) = (before[i].Resources, after[i].Resources);
            var resources = at.Index(i).Field("resources");
            if (!mayChange(before[i]))
            {
                if (!PodResources.AreSame(old.Requests, now.Requests) || !PodResources.AreSame(old.Limits, now.Limits))
                {
                    resources.Forbidden("only cpu and memory resources of containers and of sidecars are mutable: an init container ends by itself");
                }

                continue;
            }

            foreach (var (part, was, becomes) in new[] { ("requests", old.Requests, now.Requests), ("limits", old.Limits, now.Limits) })
            {
                foreach (var name in was.Keys.Union(becomes.Keys).Order(StringComparer.Ordinal))
                {
                    if (!s_resources.Contains(name))
                    {
                        if (!PodResources.AreSame(was, becomes, name))
                        {
                            resources.Field(part).Key(name).Forbidden("only cpu and memory resources are mutable");
                        }
                    }
                    else if (!becomes.ContainsKey(name))
                    {
                        resources.Field(part).Key(name).Forbidden($"resource {part} cannot be removed");
                    }
                }
            }
        }
    }

    private static IEnumerable<JsonObject> Containers(JsonObject pod, string list) => (pod["spec"]?[list] as JsonArray ?? []).OfType<JsonObject>();
}

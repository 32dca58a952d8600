using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Manifests;
using Insula.Store;

namespace Insulad.StaticPods;

/// <summary>From a manifest's text to the pods it asks for, named as the kubelet names them. Pure.</summary>
internal static class StaticPodReader
{
    /// <summary>Reads a file's content. What is wrong with a pod's fields is for those to say who create it.</summary>
    public static StaticPodFile Read(string file, ReadOnlySpan<byte> content, string nodeName)
    {
        var manifest = Manifest.Parse(content);
        if (!manifest.IsValid)
        {
            return new StaticPodFile(file, null, string.Join("; ", manifest.Problems()));
        }

        if (manifest.Documents.Count == 0)
        {
            return new StaticPodFile(file, null, "it holds no pod");
        }

        var pods = new List<StaticPod>();
        foreach (var document in manifest.Documents)
        {
            if (Refusal(document) is { } refusal)
            {
                return new StaticPodFile(file, null, string.Create(CultureInfo.InvariantCulture, $"line {document.Line}: {refusal}"));
            }

            pods.Add(PodOf(file, document, nodeName));
        }

        return new StaticPodFile(file, pods);
    }

    private static string? Refusal(ManifestDocument document)
    {
        if (document.Kind?.Kind != "Pod")
        {
            return $"static pods are Pods alone, not objects of the kind {document.Kind?.Kind ?? "?"}: those are for \"insula apply\"";
        }

        if (document.Name.Length == 0)
        {
            return "metadata.name: Required value: a static pod needs a name of its own";
        }

        foreach (var foreign in (string[])["ownerReferences", "finalizers"])
        {
            if (document.Object["metadata"]?[foreign] is JsonArray { Count: > 0 })
            {
                return $"metadata.{foreign}: Forbidden: a static pod comes and goes with its file";
            }
        }

        return Reference(document.Object["spec"]) is { } resource ? $"static pods may not reference {resource}" : null;
    }

    // A static pod is there without an API, so it cannot name what only an API has.
    private static string? Reference(JsonNode? spec)
    {
        if (spec?["imagePullSecrets"] is JsonArray { Count: > 0 })
        {
            return "secrets";
        }

        foreach (var container in Items(spec?["initContainers"]).Concat(Items(spec?["containers"])))
        {
            var sources = Items(container["envFrom"]).Concat(Items(container["env"]).Select(e => e["valueFrom"]).OfType<JsonNode>()).ToList();
            if (sources.Any(s => s["secretRef"] is not null || s["secretKeyRef"] is not null))
            {
                return "secrets";
            }

            if (sources.Any(s => s["configMapRef"] is not null || s["configMapKeyRef"] is not null))
            {
                return "configmaps";
            }
        }

        foreach (var volume in Items(spec?["volumes"]).SelectMany(v => Items(v["projected"]?["sources"]).Append(v)))
        {
            foreach (var (field, resource) in (ReadOnlySpan<(string, string)>)[("secret", "secrets"), ("configMap", "configmaps"), ("persistentVolumeClaim", "persistentvolumeclaims"), ("ephemeral", "persistentvolumeclaims")])
            {
                if (volume[field] is not null)
                {
                    return resource;
                }
            }
        }

        return null;
    }

    private static IEnumerable<JsonNode> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonNode>();

    private static StaticPod PodOf(string file, ManifestDocument document, string nodeName)
    {
        var ns = document.Namespace ?? "default";
        var hash = StaticPodIdentity.HashOf(document.Object, file, nodeName);
        var pod = document.Object.DeepClone().AsObject();
        var metadata = pod["metadata"]!.AsObject();
        var name = $"{document.Name}-{nodeName.ToLowerInvariant()}";
        metadata["name"] = name;
        metadata["namespace"] = ns;
        metadata.Remove("generateName");
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[StaticPodIdentity.Source] = "file";
        annotations[StaticPodIdentity.Hash] = hash;
        annotations[StaticPodIdentity.Mirror] = hash;
        if (pod["spec"] is JsonObject spec)
        {
            spec["nodeName"] = nodeName;
        }

        return new StaticPod(new ObjectKey("pods", ns, name), hash, pod);
    }
}

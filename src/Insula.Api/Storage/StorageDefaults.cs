using System.Text.Json.Nodes;

namespace Insula.Api.Storage;

/// <summary>Fills in what claims, volumes and classes do not say, as Kubernetes does. Documents are changed in place and returned.</summary>
public static class StorageDefaults
{
    /// <summary>A PersistentVolumeClaim. Its class is the controller's to fill in: it may come later.</summary>
    public static JsonObject Claim(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        ClaimSpec(Child(document, "spec"));
        return document;
    }

    /// <summary>A PersistentVolume.</summary>
    public static JsonObject Volume(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var spec = Child(document, "spec");
        spec["persistentVolumeReclaimPolicy"] ??= ReclaimPolicies.Retain;
        spec["volumeMode"] ??= VolumeModes.Filesystem;
        if (spec["hostPath"] is JsonObject path)
        {
            path["type"] ??= "";
        }

        return document;
    }

    /// <summary>A StorageClass.</summary>
    public static JsonObject Class(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        document["reclaimPolicy"] ??= ReclaimPolicies.Delete;
        document["volumeBindingMode"] ??= BindingModes.Immediate;
        return document;
    }

    /// <summary>Keeps of a claim what the daemon has filled in and a manifest does not name.</summary>
    public static void CarryOver(JsonObject old, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(document);
        if (document["spec"] is JsonObject spec)
        {
            foreach (var name in (ReadOnlySpan<string>)["volumeName", "storageClassName"])
            {
                if (spec[name] is null && old["spec"]?[name] is { } value)
                {
                    spec[name] = value.DeepClone();
                }
            }
        }
    }

    /// <summary>Adds a finalizer, when it is not there.</summary>
    public static void Protect(JsonObject document, string finalizer)
    {
        ArgumentNullException.ThrowIfNull(document);
        var metadata = Child(document, "metadata");
        if (metadata["finalizers"] is not JsonArray finalizers)
        {
            metadata["finalizers"] = finalizers = [];
        }

        if (!finalizers.Any(f => f?.ToString() == finalizer))
        {
            finalizers.Add((JsonNode)finalizer);
        }
    }

    internal static void ClaimSpec(JsonObject spec) => spec["volumeMode"] ??= VolumeModes.Filesystem;

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }
}

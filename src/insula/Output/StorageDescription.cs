using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>A claim, a volume or a class in words, in the order of kubectl describe.</summary>
internal static class StorageDescription
{
    private const string LocalDriver = "insula.dev/local";

    /// <summary>Whether a kind is one of them.</summary>
    public static bool Knows(string kind) => kind is "PersistentVolumeClaim" or "PersistentVolume" or "StorageClass";

    /// <param name="at">Where to write.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="document">The object.</param>
    /// <param name="users">Of a claim, the names of the pods that use it.</param>
    public static void Write(Outline at, string kind, JsonObject document, IReadOnlyList<string> users)
    {
        var metadata = document["metadata"];
        at.Field("Name", (string?)metadata?["name"]);
        switch (kind)
        {
            case "PersistentVolumeClaim":
                Claim(at, document, users);
                break;
            case "PersistentVolume":
                Volume(at, document);
                break;
            default:
                Class(at, document);
                break;
        }
    }

    private static void Claim(Outline at, JsonObject claim, IReadOnlyList<string> users)
    {
        var (spec, status) = (claim["spec"], claim["status"]);
        at.Field("Namespace", (string?)claim["metadata"]?["namespace"]);
        at.Field("StorageClass", (string?)spec?["storageClassName"] ?? "");
        at.Field("Status", Phase(claim));
        at.Field("Volume", (string?)spec?["volumeName"] ?? "");
        Common(at, claim);
        at.Field("Requested", (string?)spec?["resources"]?["requests"]?["storage"]);
        at.Field("Capacity", (string?)status?["capacity"]?["storage"] ?? "");
        at.Field("Access Modes", Words(status?["accessModes"] ?? spec?["accessModes"]));
        at.Field("VolumeMode", (string?)spec?["volumeMode"]);
        at.Fields("Used By", users);
    }

    private static void Volume(Outline at, JsonObject volume)
    {
        var (spec, status) = (volume["spec"], volume["status"]);
        Common(at, volume);
        at.Field("StorageClass", (string?)spec?["storageClassName"] ?? "");
        at.Field("Status", Phase(volume));
        at.Field("Claim", spec?["claimRef"] is { } claim ? $"{(string?)claim["namespace"]}/{(string?)claim["name"]}" : "");
        at.Field("Reclaim Policy", (string?)spec?["persistentVolumeReclaimPolicy"]);
        at.Field("Access Modes", Words(spec?["accessModes"]));
        at.Field("VolumeMode", (string?)spec?["volumeMode"]);

        // Nothing keeps most directories to a size, and who looks here is to know it.
        at.Field("Capacity", $"{(string?)spec?["capacity"]?["storage"]} ({(spec?["csi"] is null ? "not enforced" : "enforced where `insula system check` finds project quotas")})");
        at.Field("Message", (string?)status?["message"] ?? "");
        var source = at.Section("Source");
        foreach (var type in (ReadOnlySpan<string>)["hostPath", "local", "csi"])
        {
            if (spec?[type] is JsonObject fields)
            {
                source.Field("Type", type);
                foreach (var (name, value) in fields)
                {
                    source.Field(name, value?.ToString());
                }

                if ((string?)fields["driver"] == LocalDriver)
                {
                    source.Field("Directory", $"volumes/{(string?)fields["volumeHandle"]} below the daemon's root (insula system info)");
                }
            }
        }
    }

    private static void Class(Outline at, JsonObject storage)
    {
        at.Field("IsDefaultClass", (string?)storage["metadata"]?["annotations"]?["storageclass.kubernetes.io/is-default-class"] == "true" ? "Yes" : "No");
        Common(at, storage);
        at.Field("Provisioner", (string?)storage["provisioner"]);
        at.Fields("Parameters", Pairs(storage["parameters"]));
        at.Field("Expansion", storage["allowVolumeExpansion"]?.ToString() ?? "<unset>");
        at.Field("ReclaimPolicy", (string?)storage["reclaimPolicy"]);
        at.Field("VolumeBindingMode", (string?)storage["volumeBindingMode"]);
    }

    private static void Common(Outline at, JsonObject document)
    {
        var metadata = document["metadata"];
        at.Fields("Labels", Pairs(metadata?["labels"]));
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        at.Field("Finalizers", Words(metadata?["finalizers"]) is { Length: > 0 } finalizers ? finalizers : null);
    }

    private static string Phase(JsonObject document) =>
        document["metadata"]?["deletionTimestamp"] is { } since ? $"Terminating (since {since})" : (string?)document["status"]?["phase"] ?? "Pending";

    private static string Words(JsonNode? list) => string.Join(", ", (list as JsonArray ?? []).Select(w => (string?)w));

    private static IEnumerable<string> Pairs(JsonNode? map) => (map as JsonObject)?.Select(pair => $"{pair.Key}={(string?)pair.Value}") ?? [];
}

using System.Text.Json.Nodes;
using Insula.Api.Pods;
using Insula.Api.Storage;

namespace Insula.Api.Workloads;

/// <summary>Fills in what workloads do not say, as Kubernetes does (apps/v1 defaults). Documents are changed in place and returned.</summary>
public static class WorkloadDefaults
{
    private const string Quarter = "25%";

    /// <summary>A Deployment.</summary>
    public static JsonObject Deployment(JsonObject document)
    {
        var spec = Spec(document);
        spec["replicas"] ??= 1;
        spec["revisionHistoryLimit"] ??= 10;
        spec["progressDeadlineSeconds"] ??= 600;
        var strategy = Child(spec, "strategy");
        strategy["type"] ??= UpdateTypes.RollingUpdate;
        if (IsRolling(strategy))
        {
            var rolling = Child(strategy, "rollingUpdate");
            rolling["maxUnavailable"] ??= Quarter;
            rolling["maxSurge"] ??= Quarter;
        }

        return document;
    }

    /// <summary>A ReplicaSet.</summary>
    public static JsonObject ReplicaSet(JsonObject document)
    {
        Spec(document)["replicas"] ??= 1;
        return document;
    }

    /// <summary>A ReplicationController: its selector is the template's labels, and so are its own labels.</summary>
    public static JsonObject ReplicationController(JsonObject document)
    {
        var spec = Spec(document);
        spec["replicas"] ??= 1;
        if ((spec["template"] as JsonObject)?["metadata"]?["labels"] is JsonObject { Count: > 0 } labels)
        {
            if (spec["selector"] is not JsonObject { Count: > 0 })
            {
                spec["selector"] = labels.DeepClone();
            }

            if (document["metadata"] is JsonObject metadata && metadata["labels"] is not JsonObject { Count: > 0 })
            {
                metadata["labels"] = labels.DeepClone();
            }
        }

        return document;
    }

    /// <summary>A DaemonSet.</summary>
    public static JsonObject DaemonSet(JsonObject document)
    {
        var spec = Spec(document);
        spec["revisionHistoryLimit"] ??= 10;
        var strategy = Child(spec, "updateStrategy");
        strategy["type"] ??= UpdateTypes.RollingUpdate;
        if (IsRolling(strategy))
        {
            var rolling = Child(strategy, "rollingUpdate");
            rolling["maxUnavailable"] ??= 1;
            rolling["maxSurge"] ??= 0;
        }

        return document;
    }

    /// <summary>A StatefulSet.</summary>
    public static JsonObject StatefulSet(JsonObject document)
    {
        var spec = Spec(document);
        spec["replicas"] ??= 1;
        spec["revisionHistoryLimit"] ??= 10;
        spec["podManagementPolicy"] ??= "OrderedReady";
        var strategy = Child(spec, "updateStrategy");
        strategy["type"] ??= UpdateTypes.RollingUpdate;
        if (IsRolling(strategy))
        {
            Child(strategy, "rollingUpdate")["partition"] ??= 0;
        }

        var retention = Child(spec, "persistentVolumeClaimRetentionPolicy");
        retention["whenDeleted"] ??= ClaimRetentionPolicy.Retain;
        retention["whenScaled"] ??= ClaimRetentionPolicy.Retain;
        foreach (var claim in (spec["volumeClaimTemplates"] as JsonArray ?? []).OfType<JsonObject>())
        {
            claim["apiVersion"] ??= "v1";
            claim["kind"] ??= "PersistentVolumeClaim";
            StorageDefaults.Claim(claim);
        }

        return document;
    }

    /// <summary>A PodDisruptionBudget, which is returned: what it does not say stays unsaid.</summary>
    public static JsonObject Budget(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        Child(document, "spec");
        return document;
    }

    internal static JsonObject Spec(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var spec = Child(document, "spec");
        Template(spec);
        return spec;
    }

    internal static void Template(JsonObject spec)
    {
        if (spec["template"] is JsonObject template)
        {
            PodDefaults.Apply(template);
        }
    }

    private static bool IsRolling(JsonObject strategy) => strategy["type"]?.ToString() == UpdateTypes.RollingUpdate;

    private static JsonObject Child(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }
}

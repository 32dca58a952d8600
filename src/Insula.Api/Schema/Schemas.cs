namespace Insula.Api.Schema;

/// <summary>The object types of the kinds that Insula reads.</summary>
public static class Schemas
{
    /// <summary>
    /// The fields of a kind: of those that Insula supports in full; of any other kind metadata alone, the rest being kept as it is.
    /// </summary>
    public static ObjectType For(string kind) => kind switch
    {
        "Pod" => PodTypes.Pod,
        "Node" => NodeTypes.Node,
        "Namespace" => OtherTypes.Namespace,
        "Event" => OtherTypes.Event,
        "ConfigMap" => OtherTypes.ConfigMap,
        "Secret" => OtherTypes.Secret,
        "Service" => ServiceTypes.Service,
        "Endpoints" => EndpointTypes.Endpoints,
        "EndpointSlice" => EndpointTypes.EndpointSlice,
        "NetworkPolicy" => PolicyTypes.NetworkPolicy,
        "Ingress" => IngressTypes.Ingress,
        "IngressClass" => IngressTypes.IngressClass,
        "Deployment" => WorkloadTypes.Deployment,
        "ReplicaSet" => WorkloadTypes.ReplicaSet,
        "ReplicationController" => WorkloadTypes.ReplicationController,
        "DaemonSet" => WorkloadTypes.DaemonSet,
        "StatefulSet" => WorkloadTypes.StatefulSet,
        "ControllerRevision" => WorkloadTypes.ControllerRevision,
        "Job" => BatchTypes.Job,
        "CronJob" => BatchTypes.CronJob,
        "PersistentVolumeClaim" => StorageTypes.Claim,
        "PersistentVolume" => StorageTypes.Volume,
        "StorageClass" => StorageTypes.Class,
        "ResourceQuota" => QuotaTypes.ResourceQuota,
        "LimitRange" => QuotaTypes.LimitRange,
        "HorizontalPodAutoscaler" => AutoscalingTypes.Autoscaler,
        "PodDisruptionBudget" => DisruptionTypes.Budget,
        "PriorityClass" => OtherTypes.PriorityClass,
        _ => OtherTypes.Stored,
    };

    /// <summary>Whether a kind's fields are all known, so that an unknown one is an error.</summary>
    public static bool IsComplete(string kind) => For(kind) != OtherTypes.Stored;
}

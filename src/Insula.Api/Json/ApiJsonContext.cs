using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Disruptions;
using Insula.Api.Ingresses;
using Insula.Api.Limits;
using Insula.Api.Meta;
using Insula.Api.Nodes;
using Insula.Api.Quotas;
using Insula.Api.Storage;
using Insula.Api.Workloads;

namespace Insula.Api.Json;

/// <summary>The compile-time metadata of all records; used through <see cref="ApiJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(QuantityConverter), typeof(IntOrStringConverter), typeof(TimeConverter)])]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(PodList))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(NamespaceList))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(ConfigMapList))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(SecretList))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(ServiceList))]
[JsonSerializable(typeof(LoadBalancerStatus))]
[JsonSerializable(typeof(Endpoints))]
[JsonSerializable(typeof(EndpointsList))]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(EndpointSliceList))]
[JsonSerializable(typeof(NetworkPolicy))]
[JsonSerializable(typeof(NetworkPolicyList))]
[JsonSerializable(typeof(Ingress))]
[JsonSerializable(typeof(IngressClass))]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(ReplicaSet))]
[JsonSerializable(typeof(ReplicationController))]
[JsonSerializable(typeof(DaemonSet))]
[JsonSerializable(typeof(StatefulSet))]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(CronJob))]
[JsonSerializable(typeof(PersistentVolumeClaim))]
[JsonSerializable(typeof(PersistentVolume))]
[JsonSerializable(typeof(PersistentVolumeClaimTemplate))]
[JsonSerializable(typeof(StorageClass))]
[JsonSerializable(typeof(ControllerRevision))]
[JsonSerializable(typeof(PriorityClass))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(LimitRange))]
[JsonSerializable(typeof(ResourceQuota))]
[JsonSerializable(typeof(HorizontalPodAutoscaler))]
[JsonSerializable(typeof(PodDisruptionBudget))]
[JsonSerializable(typeof(PodDisruptionBudgetStatus))]
[JsonSerializable(typeof(HorizontalPodAutoscalerStatus))]
[JsonSerializable(typeof(PodTemplateSpec))]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(PodSpec))]
[JsonSerializable(typeof(Status))]
[JsonSerializable(typeof(Table))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(LabelSelectorFields))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonArray))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;

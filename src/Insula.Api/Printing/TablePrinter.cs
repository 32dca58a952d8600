using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Disruptions;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Nodes;
using Insula.Api.Quotas;
using Insula.Api.Storage;
using Insula.Api.Workloads;

namespace Insula.Api.Printing;

/// <summary>Objects as Tables with kubectl's columns.</summary>
public static class TablePrinter
{
    private const string None = "<none>";

    /// <summary>The table of objects of one kind.</summary>
    /// <param name="kind">The kind; one without columns of its own shows name and age.</param>
    /// <param name="objects">The documents.</param>
    /// <param name="now">The time ages are counted to.</param>
    /// <param name="metadata">Version and paging of the list.</param>
    /// <param name="include">How much of each object its row carries.</param>
    public static Table Print(
        KindInfo kind, IEnumerable<JsonObject> objects, DateTimeOffset now, ListMeta? metadata = null, IncludeObject include = IncludeObject.Metadata)
    {
        var (columns, row) = Layout(kind, now);
        return new()
        {
            Metadata = metadata ?? new(),
            ColumnDefinitions = columns,
            Rows = [.. objects.Select(o => new TableRow { Cells = row(o), Object = Carried(o, include) })],
        };
    }

    private static JsonObject? Carried(JsonObject document, IncludeObject include) => include switch
    {
        IncludeObject.None => null,
        IncludeObject.Object => document.DeepClone().AsObject(),
        _ => new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = document["metadata"]?.DeepClone(),
        },
    };

    private static (TableColumnDefinition[] Columns, Func<JsonObject, IReadOnlyList<JsonNode?>> Row) Layout(KindInfo kind, DateTimeOffset now) =>
        kind.QualifiedPlural switch
        {
            "pods" => (
                [Name(), Column("Ready", "Containers that are ready, of all."), Column("Status", "State of the pod."), Column("Restarts", "Restarts of its containers."), Age(),
                    Wide("IP", "Address of the pod."), Wide("Node", "The machine."), Wide("Nominated Node", "The machine, while room is being made on it."), Wide("Readiness Gates", "Conditions of readinessGates that are true, of all.")],
                o => Pod(ApiJson.Read<Pod>(o), now)),
            "nodes" => (
                [Name(), Column("Status", "Whether it is ready, and takes pods."), Column("Roles", "Unused."), Age(), Column("Version", "The daemon's version."),
                    Wide("Internal-IP", "Its address."), Wide("External-IP", "Unused."), Wide("OS-Image", "Its system."), Wide("Kernel-Version", "Its kernel."), Wide("Container-Runtime", "What runs containers.")],
                o => ApiJson.Read<Node>(o) is var one ? [.. Between(o, now, NodeCells.Status(one), None), .. NodeCells.Rest(one)] : []),
            "events" => (
                [Column("Last Seen", "Time since it happened last."), Column("Type", "Normal or Warning."), Column("Reason", "What happened."), Column("Object", "The object it is about."),
                    Wide("Subobject", "Part of the object."), Wide("Source", "Who reports."), Column("Message", "What happened, in words."),
                    Wide("First Seen", "Time since it happened first."), Wide("Count", "How often it happened."), Wide("Name", "Name of the event.", "name")],
                o => Event(ApiJson.Read<Event>(o), now)),
            "namespaces" => (
                [Name(), Column("Status", "Active or Terminating."), Age()],
                o => Namespace(ApiJson.Read<Namespace>(o), now)),
            "configmaps" => (
                [Name(), Column("Data", "How many keys it has.") with { Type = "integer" }, Age()],
                o => [.. Generic(o, now).Take(1), Count(o, "data") + Count(o, "binaryData"), .. Generic(o, now).Skip(1)]),
            "secrets" => (
                [Name(), Column("Type", "What it is for."), Column("Data", "How many keys it has.") with { Type = "integer" }, Age()],
                o => [.. Generic(o, now).Take(1), (string?)o["type"], Count(o, "data"), .. Generic(o, now).Skip(1)]),
            "services" => (
                [Name(), Column("Type", "How it is reached."), Column("Cluster-IP", "Its address."), Column("External-IP", "What it is outside."),
                    Column("Port(s)", "Its ports, and after a colon those of the machine."), Age(), Wide("Selector", "Labels of its pods.")],
                o => ApiJson.Read<Service>(o) is var service ? [.. Between(o, now, ServiceCells.Of(service.Spec, service.Status)), ServiceCells.Selector(service.Spec)] : []),
            "endpoints" => (
                [Name(), Column("Endpoints", "Addresses and ports that take connections."), Age()],
                o => Between(o, now, ServiceCells.Of(ApiJson.Read<Endpoints>(o)))),
            "endpointslices.discovery.k8s.io" => (
                [Name(), Column("AddressType", "What the addresses are."), Column("Ports", "Ports at each of them."), Column("Endpoints", "The addresses."), Age()],
                o => Between(o, now, ServiceCells.Of(ApiJson.Read<EndpointSlice>(o)))),
            "networkpolicies.networking.k8s.io" => (
                [Name(), Column("Pod-Selector", "The pods it is about."), Age()],
                o => Between(o, now, ApiJson.Read<NetworkPolicy>(o).Spec.PodSelector.ToSelector().ToString() is { Length: > 0 } selector ? selector : None)),
            "ingresses.networking.k8s.io" => (
                [Name(), Column("Class", "Who serves it."), Column("Hosts", "Hosts of its rules."), Column("Address", "Where it is reached."), Column("Ports", "Ports at which clients expect it."), Age()],
                o => Between(o, now, IngressCells.Of(ApiJson.Read<Ingress>(o)))),
            "ingressclasses.networking.k8s.io" => (
                [Name(), Column("Controller", "Who serves the Ingresses of it."), Column("Parameters", "Unused."), Age()],
                o => ApiJson.Read<IngressClass>(o) is var one ? Between(o, now, one.Spec.Controller ?? "", None) : []),
            "deployments.apps" => (
                [Name(), Column("Ready", "Pods that are ready, of those wanted."), Number("Up-to-date", "Pods of the present template."), Number("Available", "Pods that are available."),
                    Age(), .. Template(), Selector()],
                o => ApiJson.Read<Deployment>(o) is var one ? [.. Between(o, now, WorkloadCells.Of(one)), .. WorkloadCells.Wide(one.Spec.Template, WorkloadCells.Selector(one.Spec.Selector))] : []),
            "replicasets.apps" => (
                [.. Replicas(), Age(), .. Template(), Selector()],
                o => ApiJson.Read<ReplicaSet>(o) is var one
                    ? [.. Between(o, now, WorkloadCells.Of(one.Spec.Replicas, one.Status)), .. WorkloadCells.Wide(one.Spec.Template, WorkloadCells.Selector(one.Spec.Selector))] : []),
            "replicationcontrollers" => (
                [.. Replicas(), Age(), .. Template(), Selector()],
                o => ApiJson.Read<ReplicationController>(o) is var one
                    ? [.. Between(o, now, WorkloadCells.Of(one.Spec.Replicas, one.Status)), .. WorkloadCells.Wide(one.Spec.Template, WorkloadCells.Selector(new() { MatchLabels = one.Spec.Selector }))] : []),
            "daemonsets.apps" => (
                [.. Replicas(), Number("Up-to-date", "Pods of the present template."), Number("Available", "Pods that are available."), Column("Node Selector", "Unused."), Age(), .. Template(), Selector()],
                o => ApiJson.Read<DaemonSet>(o) is var one ? [.. Between(o, now, WorkloadCells.Of(one)), .. WorkloadCells.Wide(one.Spec.Template, WorkloadCells.Selector(one.Spec.Selector))] : []),
            "poddisruptionbudgets.policy" => (
                [Name(), Column("Min Available", "How many pods must be left."), Column("Max Unavailable", "How many may be missing."), Number("Allowed Disruptions", "How many may be evicted now."), Age()],
                o => ApiJson.Read<PodDisruptionBudget>(o) is var one
                    ? Between(o, now, one.Spec.MinAvailable?.ToString() ?? "N/A", one.Spec.MaxUnavailable?.ToString() ?? "N/A", one.Status.DisruptionsAllowed) : []),
            "horizontalpodautoscalers.autoscaling" => (
                [Name(), Column("Reference", "The workload."), Column("Targets", "What is, and what is aimed at."), Number("MinPods", "The fewest pods."), Number("MaxPods", "The most."),
                    Number("Replicas", "How many it has."), Age()],
                o => Between(o, now, AutoscalerCells.Of(ApiJson.Read<HorizontalPodAutoscaler>(o)))),
            "statefulsets.apps" => (
                [Name(), Column("Ready", "Pods that are ready, of those wanted."), Age(), .. Template()],
                o => ApiJson.Read<StatefulSet>(o) is var one ? [.. Between(o, now, WorkloadCells.Of(one)), .. WorkloadCells.Wide(one.Spec.Template)] : []),
            "controllerrevisions.apps" => (
                [Name(), Column("Controller", "Whose template it is."), Number("Revision", "Its number among them."), Age()],
                o => ApiJson.Read<ControllerRevision>(o) is var one ? Between(o, now, WorkloadCells.Controller(one.Metadata), one.Revision) : []),
            "jobs.batch" => (
                [Name(), Column("Status", "Running, Complete, Failed, Suspended."), Column("Completions", "Pods that have succeeded, of those wanted."), Column("Duration", "How long it runs or ran."),
                    Age(), .. Template(), Selector()],
                o => ApiJson.Read<Job>(o) is var one ? [.. Between(o, now, WorkloadCells.Of(one, now)), .. WorkloadCells.Wide(one.Spec.Template, WorkloadCells.Selector(one.Spec.Selector))] : []),
            "cronjobs.batch" => (
                [Name(), Column("Schedule", "When Jobs are made."), Column("Timezone", "Zone of the schedule."), Column("Suspend", "Whether none are made."), Number("Active", "Jobs that run."),
                    Column("Last Schedule", "Time since the latest Job was due."), Age(), .. Template()],
                o => ApiJson.Read<CronJob>(o) is var one ? [.. Between(o, now, WorkloadCells.Of(one, now)), .. WorkloadCells.Wide(one.Spec.JobTemplate.Spec["template"] as JsonObject ?? [])] : []),
            "persistentvolumeclaims" => (
                [Name(), Column("Status", "Pending, Bound or Lost."), Column("Volume", "The volume it has."), Column("Capacity", "How large that is said to be."), Column("Access Modes", "How that may be mounted."),
                    Column("StorageClass", "Its class."), Column("VolumeAttributesClass", "Unused."), Age(), Wide("VolumeMode", "Filesystem.")],
                o => ApiJson.Read<PersistentVolumeClaim>(o) is var one ? [.. Between(o, now, StorageCells.Of(one)), OrNone(one.Spec.VolumeMode)] : []),
            "persistentvolumes" => (
                [Name(), Column("Capacity", "How large it is said to be."), Column("Access Modes", "How it may be mounted."), Column("Reclaim Policy", "What becomes of it when its claim is gone."),
                    Column("Status", "Available, Bound, Released, Failed or Pending."), Column("Claim", "The claim it is bound to."), Column("StorageClass", "Its class."), Column("VolumeAttributesClass", "Unused."),
                    Column("Reason", "Why it is in this state."), Age(), Wide("VolumeMode", "Filesystem.")],
                o => ApiJson.Read<PersistentVolume>(o) is var one ? [.. Between(o, now, StorageCells.Of(one)), OrNone(one.Spec.VolumeMode)] : []),
            "storageclasses.storage.k8s.io" => (
                [Name(), Column("Provisioner", "Who makes the volumes."), Column("ReclaimPolicy", "What becomes of them when their claims are gone."), Column("VolumeBindingMode", "When claims get them."),
                    Column("AllowVolumeExpansion", "Whether claims may grow."), Age()],
                o => ApiJson.Read<StorageClass>(o) is var one ? [StorageCells.Name(one), .. Between(o, now, StorageCells.Of(one)).Skip(1)] : []),
            "resourcequotas" => (
                [Name(), Column("Request", "What is used of what may be requested, and counted."), Column("Limit", "What is used of the limits."), Age()],
                o => ApiJson.Read<ResourceQuota>(o) is var one ? [.. Between(o, now, QuotaCells.Requests(one), QuotaCells.Limits(one))] : []),
            "limitranges" => ([Name(), Column("Created At", "When it was created.")], o => [.. Generic(o, now).Take(1), (string?)o["metadata"]?["creationTimestamp"]]),
            "priorityclasses.scheduling.k8s.io" => (
                [Name(), Number("Value", "The priority."), Column("Global-Default", "Whether pods without a class are of it."), Age(), Column("PreemptionPolicy", "Whether its pods may displace others.")],
                o => ApiJson.Read<PriorityClass>(o) is var one ? [.. Between(o, now, one.Value, one.GlobalDefault), one.PreemptionPolicy] : []),
            _ => ([Name(), Age()], o => Generic(o, now)),
        };

    private static IReadOnlyList<JsonNode?> Pod(Pod pod, DateTimeOffset now)
    {
        var summary = PodSummary.Of(pod);
        return
        [
            pod.Metadata.Name,
            $"{summary.Ready}/{summary.Total}",
            summary.Status,
            summary.RestartsText(now),
            HumanDuration.Since(pod.Metadata.CreationTimestamp, now),
            OrNone(pod.Status.PodIP),
            OrNone(pod.Spec.NodeName),
            OrNone(pod.Status.NominatedNodeName),
            pod.Spec.ReadinessGates.Count == 0 ? None : $"{pod.Spec.ReadinessGates.Count(g => pod.Status.Conditions.Any(c => c.Type == g.ConditionType && c.Status == ConditionStatuses.True))}/{pod.Spec.ReadinessGates.Count}",
        ];
    }

    private static IReadOnlyList<JsonNode?> Event(Event happened, DateTimeOffset now)
    {
        var first = happened.FirstTimestamp ?? happened.EventTime;
        var last = happened.Series?.LastObservedTime ?? happened.LastTimestamp ?? happened.EventTime;
        var about = happened.InvolvedObject;
        var source = string.IsNullOrEmpty(happened.Source.Component) ? happened.ReportingComponent : happened.Source.Component;
        return
        [
            HumanDuration.Since(last ?? first, now),
            happened.Type ?? "",
            happened.Reason ?? "",
            $"{about.Kind?.ToLowerInvariant()}/{about.Name}",
            about.FieldPath ?? "",
            string.IsNullOrEmpty(happened.Source.Host) ? source ?? "" : $"{source}, {happened.Source.Host}",
            happened.Message?.Trim() ?? "",
            HumanDuration.Since(first, now),
            happened.Series?.Count ?? happened.Count ?? 1,
            happened.Metadata.Name,
        ];
    }

    private static IReadOnlyList<JsonNode?> Namespace(Namespace space, DateTimeOffset now) =>
        [space.Metadata.Name, space.Status.Phase ?? "Active", HumanDuration.Since(space.Metadata.CreationTimestamp, now)];

    private static IReadOnlyList<JsonNode?> Generic(JsonObject document, DateTimeOffset now)
    {
        var metadata = document["metadata"] is JsonObject given ? ApiJson.Read<ObjectMeta>(given) : new();
        return [metadata.Name, HumanDuration.Since(metadata.CreationTimestamp, now)];
    }

    /// <summary>Name, the cells, age.</summary>
    private static IReadOnlyList<JsonNode?> Between(JsonObject document, DateTimeOffset now, params JsonNode?[] cells)
    {
        var generic = Generic(document, now);
        return [generic[0], .. cells, generic[1]];
    }

    private static int Count(JsonObject document, string map) => (document[map] as JsonObject)?.Count ?? 0;

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;

    private static TableColumnDefinition[] Replicas() => [Name(), Number("Desired", "Pods wanted."), Number("Current", "Pods there are."), Number("Ready", "Pods that are ready.")];

    private static TableColumnDefinition[] Template() => [Wide("Containers", "Names of the template's containers."), Wide("Images", "Their images.")];

    private static TableColumnDefinition Selector() => Wide("Selector", "Labels of its pods.");

    private static TableColumnDefinition Number(string name, string description) => Column(name, description) with { Type = "integer" };

    private static TableColumnDefinition Name() => Column("Name", "Name of the object.", "name");

    private static TableColumnDefinition Age() => Column("Age", "Time since the object was created.");

    private static TableColumnDefinition Column(string name, string description, string format = "") =>
        new() { Name = name, Type = "string", Format = format, Description = description };

    private static TableColumnDefinition Wide(string name, string description, string format = "") =>
        Column(name, description, format) with { Priority = 1, Type = name == "Count" ? "integer" : "string" };
}

using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Deployments;

/// <summary>One look at a Deployment: which of its ReplicaSets is which, and how each is made, scaled and removed.</summary>
internal sealed class DeploymentTurn
{
    private static readonly HashSet<string> s_notInherited =
    [
        "kubectl.kubernetes.io/last-applied-configuration", WorkloadLabels.Revision, WorkloadLabels.RevisionHistory,
        WorkloadLabels.DesiredReplicas, WorkloadLabels.MaxReplicas,
    ];

    private readonly IReadOnlyList<DeploymentReplicas> _mine;
    private readonly IReadOnlySet<string> _taken;
    private readonly PodOwner _owner;
    private int? _collisions;

    /// <param name="deployment">What is wanted.</param>
    /// <param name="owner">The same, as an owner.</param>
    /// <param name="mine">Its ReplicaSets.</param>
    /// <param name="taken">Names of ReplicaSets in its namespace.</param>
    /// <param name="now">The time.</param>
    public DeploymentTurn(Deployment deployment, PodOwner owner, IReadOnlyList<DeploymentReplicas> mine, IReadOnlySet<string> taken, DateTimeOffset now)
    {
        Deployment = deployment;
        Now = now;
        Conditions = deployment.Status.Conditions;
        _owner = owner;
        _mine = mine;
        _taken = taken;
        _collisions = deployment.Status.CollisionCount;
        New = mine.Select(m => m.Set).OldestFirst().FirstOrDefault(s => TemplateHash.Same(s.Spec.Template, deployment.Spec.Template));
        Old = [.. mine.Select(m => m.Set).Where(s => s != New).OldestFirst()];
    }

    public Deployment Deployment { get; }

    public DateTimeOffset Now { get; }

    public ReplicaSet? New { get; }

    /// <summary>The others, oldest first.</summary>
    public IReadOnlyList<ReplicaSet> Old { get; }

    public IEnumerable<ReplicaSet> All => New is null ? Old : Old.Append(New);

    public int Wanted => Deployment.Spec.Replicas ?? 1;

    public bool IsRolling => Deployment.Spec.Strategy?.Type != UpdateTypes.Recreate;

    public int Total => All.Sum(s => s.Replicas());

    /// <summary>Pods that there may be above what is wanted.</summary>
    public int Surge => IsRolling ? Portion.Of(Deployment.Spec.Strategy?.RollingUpdate?.MaxSurge, Wanted, roundUp: true) : 0;

    /// <summary>Pods that may be missing while an update goes on. Both being nothing would let it stand still.</summary>
    public int Unavailable
    {
        get
        {
            if (!IsRolling || Wanted == 0)
            {
                return 0;
            }

            var allowed = Portion.Of(Deployment.Spec.Strategy?.RollingUpdate?.MaxUnavailable, Wanted, roundUp: false);
            return Math.Min(Wanted, allowed == 0 && Surge == 0 ? 1 : allowed);
        }
    }

    /// <summary>Whether its number of replicas was changed since its ReplicaSets were scaled last.</summary>
    public bool IsScaled => All.Any(s => s.Replicas() > 0 && s.Number(WorkloadLabels.DesiredReplicas) is { } desired && desired != Wanted);

    public bool OldPodsAreLeft => _mine.Any(m => m.Set != New && m.HasPods);

    public IReadOnlyList<WorkloadCondition> Conditions { get; set; }

    public bool IsComplete => DeploymentProgress.IsComplete(Deployment, Counted());

    /// <summary>What is decided: the changes, and the status with its conditions.</summary>
    public WorkloadDecision Decide(IReadOnlyList<WorkloadChange> changes, bool rollout)
    {
        var status = Counted();
        var (conditions, later) = rollout ? DeploymentProgress.Judge(this, status) : (Conditions, null);
        return new(changes, ApiJson.ToJson(status with { Conditions = DeploymentProgress.Available(this, status, conditions) }), later);
    }

    /// <summary>Notes that the Deployment is paused, or goes on: the deadline does not count meanwhile.</summary>
    public void NotePause() => Conditions = DeploymentProgress.Pause(this);

    /// <summary>Makes the ReplicaSet of the present template where there is none, and keeps revision and annotations as they should be.</summary>
    public IReadOnlyList<WorkloadChange> SyncNew(bool create)
    {
        var revision = Old.Select(s => s.Revision()).DefaultIfEmpty(0).Max() + 1;
        if (New is null)
        {
            return create ? [Make(revision)] : [];
        }

        var changes = new List<WorkloadChange>();
        revision = Math.Max(revision, New.Revision());
        var patch = new JsonObject();
        var annotations = Annotations(New, revision);
        if (annotations.Count > 0)
        {
            patch["metadata"] = new JsonObject { ["annotations"] = annotations };
        }

        if ((New.Spec.MinReadySeconds ?? 0) != (Deployment.Spec.MinReadySeconds ?? 0))
        {
            patch["spec"] = new JsonObject { ["minReadySeconds"] = Deployment.Spec.MinReadySeconds ?? 0 };
        }

        if (patch.Count > 0)
        {
            changes.Add(new WorkloadChange.Edit(DeploymentController.Resource, New.Metadata.Name, New.Metadata.Uid ?? "", patch));
        }

        Record(changes, revision);
        if (HasDeadline && Workloads.Conditions.Find(Conditions, ConditionTypes.Progressing) is null)
        {
            Conditions = DeploymentProgress.Found(this, New);
        }

        return changes;
    }

    /// <summary>How many pods the new ReplicaSet is to have now.</summary>
    public int NewSize()
    {
        var present = New?.Replicas() ?? 0;
        return IsRolling ? present + Math.Max(0, Math.Min(Wanted + Surge - Total, Wanted - present)) : Wanted;
    }

    public WorkloadChange Resize(ReplicaSet set, int replicas)
    {
        var before = set.Replicas();
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = Sizes() } };
        if (before != replicas)
        {
            patch["spec"] = new JsonObject { ["replicas"] = replicas };
        }

        var note = before == replicas ? null : new WorkloadNote(
            EventTypes.Normal, "ScalingReplicaSet", $"Scaled {(replicas > before ? "up" : "down")} replica set {set.Metadata.Name} from {before} to {replicas}");
        return new WorkloadChange.Edit(DeploymentController.Resource, set.Metadata.Name, set.Metadata.Uid ?? "", patch, note);
    }

    public bool HasSizes(ReplicaSet set) =>
        set.Number(WorkloadLabels.DesiredReplicas) == Wanted && set.Number(WorkloadLabels.MaxReplicas) == Wanted + Surge;

    /// <summary>Removes the oldest ReplicaSets that are more than are kept for a rollback.</summary>
    public IReadOnlyList<WorkloadChange> Clean()
    {
        if (Deployment.Spec.RevisionHistoryLimit is not { } limit)
        {
            return [];
        }

        var living = Old.Where(s => s.Metadata.DeletionTimestamp is null).OrderBy(s => s.Revision()).ToList();
        return
        [
            .. living.Take(Math.Max(0, living.Count - limit))
                .Where(s => s.Replicas() == 0 && s.Status.Replicas == 0 && s.Metadata.Generation <= s.Status.ObservedGeneration)
                .Select(s => new WorkloadChange.Delete(DeploymentController.Resource, s.Metadata.Name, s.Metadata.Uid ?? "")),
        ];
    }

    internal bool HasDeadline => Deployment.Spec.ProgressDeadlineSeconds is { } seconds and < int.MaxValue && seconds > 0;

    private DeploymentStatus Counted()
    {
        var available = All.Sum(s => s.Available());
        return new()
        {
            ObservedGeneration = Deployment.Metadata.Generation,
            Replicas = Counts.OrNone(All.Sum(s => s.Status.Replicas)),
            UpdatedReplicas = Counts.OrNone(New?.Status.Replicas ?? 0),
            ReadyReplicas = Counts.OrNone(All.Sum(s => s.Status.ReadyReplicas ?? 0)),
            AvailableReplicas = Counts.OrNone(available),
            UnavailableReplicas = Counts.OrNone(Math.Max(0, Total - available)),
            TerminatingReplicas = Counts.OrNone(All.Sum(s => s.Status.TerminatingReplicas ?? 0)),
            CollisionCount = _collisions,
        };
    }

    private WorkloadChange.Create Make(long revision)
    {
        var hash = TemplateHash.Of(Deployment.Spec.Template, _collisions);
        for (; _taken.Contains($"{Deployment.Metadata.Name}-{hash}"); hash = TemplateHash.Of(Deployment.Spec.Template, _collisions))
        {
            // Another template's, or somebody else's: the next try is another name.
            _collisions = (_collisions ?? 0) + 1;
        }

        var template = Deployment.Spec.Template.DeepClone().AsObject();
        PodTemplate.Set(template, "labels", WorkloadLabels.TemplateHash, hash);
        var selector = ApiJson.ToJson(Deployment.Spec.Selector ?? new LabelSelectorFields());
        if (selector["matchLabels"] is not JsonObject labels)
        {
            selector["matchLabels"] = labels = [];
        }

        labels[WorkloadLabels.TemplateHash] = hash;
        var size = NewSize();
        var annotations = Inherited();
        annotations[WorkloadLabels.Revision] = revision.ToString(CultureInfo.InvariantCulture);
        foreach (var (key, value) in Sizes())
        {
            annotations[key] = value?.DeepClone();
        }

        var name = $"{Deployment.Metadata.Name}-{hash}";
        var document = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = template["metadata"]!["labels"]!.DeepClone(),
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(ApiJson.ToJson(_owner.Reference)),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = size,
                ["minReadySeconds"] = Deployment.Spec.MinReadySeconds ?? 0,
                ["selector"] = selector,
                ["template"] = template,
            },
        };
        if (HasDeadline)
        {
            Conditions = DeploymentProgress.Created(this, name);
        }

        var note = size == 0 ? null : new WorkloadNote(EventTypes.Normal, "ScalingReplicaSet", $"Scaled up replica set {name} from 0 to {size}");
        return new WorkloadChange.Create(DeploymentController.Resource, document, note) { MayExist = true };
    }

    private void Record(List<WorkloadChange> changes, long revision)
    {
        var text = revision.ToString(CultureInfo.InvariantCulture);
        if (Deployment.Metadata.Annotations.GetValueOrDefault(WorkloadLabels.Revision) != text)
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [WorkloadLabels.Revision] = text } } };
            changes.Add(new WorkloadChange.Edit("deployments.apps", Deployment.Metadata.Name, Deployment.Metadata.Uid ?? "", patch));
        }
    }

    private JsonObject Annotations(ReplicaSet set, long revision)
    {
        var wanted = Inherited();
        foreach (var same in wanted.Where(a => set.Metadata.Annotations.GetValueOrDefault(a.Key) == a.Value?.ToString()).Select(a => a.Key).ToList())
        {
            wanted.Remove(same);
        }

        var before = set.Revision();
        if (before < revision)
        {
            wanted[WorkloadLabels.Revision] = revision.ToString(CultureInfo.InvariantCulture);
            if (before > 0)
            {
                var history = set.Metadata.Annotations.GetValueOrDefault(WorkloadLabels.RevisionHistory);
                wanted[WorkloadLabels.RevisionHistory] = string.IsNullOrEmpty(history) ? $"{before}" : $"{history},{before}";
            }
        }

        return wanted;
    }

    private JsonObject Inherited() =>
        new(Deployment.Metadata.Annotations.Where(a => !s_notInherited.Contains(a.Key)).Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));

    private JsonObject Sizes() => new()
    {
        [WorkloadLabels.DesiredReplicas] = Wanted.ToString(CultureInfo.InvariantCulture),
        [WorkloadLabels.MaxReplicas] = (Wanted + Surge).ToString(CultureInfo.InvariantCulture),
    };
}

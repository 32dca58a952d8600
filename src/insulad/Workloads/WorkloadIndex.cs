using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Pods;
using Insula.Api.Storage;
using Insula.Api.Workloads;
using Insula.Pods;
using Insula.Store;
using Insula.Workloads.Pods;
using Insula.Workloads.StatefulSets;

namespace Insulad.Workloads;

/// <summary>
/// The workloads and pods as last heard of, and which workloads a change concerns. What is found costs what there is in one namespace at most.
/// Not thread-safe.
/// </summary>
internal sealed class WorkloadIndex
{
    private readonly Dictionary<ObjectKey, Workload> _workloads = [];
    private readonly Dictionary<string, ObjectKey> _byUid = [];
    private readonly Dictionary<(string Resource, string Namespace), HashSet<ObjectKey>> _byNamespace = [];
    private readonly Dictionary<ObjectKey, WorkloadPod> _pods = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _podsByController = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _podsByNamespace = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _orphans = [];
    private readonly Dictionary<string, Dictionary<string, SetClaim>> _claims = [];
    private readonly Dictionary<string, Dictionary<string, ControllerRevision>> _revisions = [];
    private readonly SortedSet<(int Order, string Namespace, string Name)> _concerned = [];

    /// <summary>Whether a resource is of interest.</summary>
    public static bool Follows(string resource) => resource is WorkloadKinds.Pods or WorkloadKinds.Claims or WorkloadKinds.Revisions || WorkloadKinds.Find(resource) is not null;

    public Workload? Find(ObjectKey key) => _workloads.GetValueOrDefault(key);

    /// <summary>The workloads of a kind in a namespace.</summary>
    public IEnumerable<Workload> In(string resource, string ns) => _byNamespace.GetValueOrDefault((resource, ns))?.Select(k => _workloads[k]) ?? [];

    /// <summary>The pods that say a workload is their controller, and those in its namespace that have none and its labels.</summary>
    public IEnumerable<WorkloadPod> PodsFor(Workload workload)
    {
        var own = Of(_podsByController, workload.Stored.Uid).Select(k => _pods[k]);
        return workload.Selector is null ? own : own.Concat(Of(_orphans, workload.Namespace).Select(k => _pods[k]).Where(p => workload.Selector.Matches(p.Labels)));
    }

    /// <summary>The pods of a namespace, whoever has them.</summary>
    public IEnumerable<WorkloadPod> PodsIn(string ns) => Of(_podsByNamespace, ns).Select(k => _pods[k]);

    /// <summary>The claims of a namespace.</summary>
    public IEnumerable<SetClaim> ClaimsIn(string ns) => _claims.GetValueOrDefault(ns)?.Values ?? Enumerable.Empty<SetClaim>();

    /// <summary>The revisions of a namespace.</summary>
    public IEnumerable<ControllerRevision> RevisionsIn(string ns) => _revisions.GetValueOrDefault(ns)?.Values ?? Enumerable.Empty<ControllerRevision>();

    /// <summary>Whether a workload has pods that have not ended.</summary>
    public bool HasUnfinishedPods(Workload workload) => Of(_podsByController, workload.Stored.Uid).Any(k => !_pods[k].IsFinished);

    /// <summary>Has a workload looked at.</summary>
    public void Concern(ObjectKey key)
    {
        for (var i = 0; i < WorkloadKinds.All.Count; i++)
        {
            if (WorkloadKinds.All[i].Resource == key.Resource)
            {
                _concerned.Add((i, key.Namespace, key.Name));
            }
        }
    }

    /// <summary>Whether there is a workload to look at.</summary>
    public bool HasConcerned => _concerned.Count > 0;

    /// <summary>The next workload to look at; null when there is none.</summary>
    public ObjectKey? TakeConcerned()
    {
        if (_concerned.Count == 0)
        {
            return null;
        }

        var next = _concerned.Min;
        _concerned.Remove(next);
        return new ObjectKey(WorkloadKinds.All[next.Order].Resource, next.Namespace, next.Name);
    }

    /// <summary>Takes in an object as it is now, or its end; what is known already concerns nobody.</summary>
    public void Update(ObjectKey key, StoredObject? now)
    {
        if (key.Resource == WorkloadKinds.Pods)
        {
            UpdatePod(key, now);
        }
        else if (key.Resource == WorkloadKinds.Claims)
        {
            UpdateClaim(key, now);
        }
        else if (key.Resource == WorkloadKinds.Revisions)
        {
            UpdateRevision(key, now);
        }
        else if (WorkloadKinds.Find(key.Resource) is { } kind)
        {
            UpdateWorkload(kind, key, now);
        }
    }

    private static HashSet<ObjectKey> Of(Dictionary<string, HashSet<ObjectKey>> map, string key) => map.GetValueOrDefault(key) ?? [];

    private static void Add<TKey>(Dictionary<TKey, HashSet<ObjectKey>> map, TKey at, ObjectKey key)
        where TKey : notnull
    {
        if (!map.TryGetValue(at, out var keys))
        {
            map[at] = keys = [];
        }

        keys.Add(key);
    }

    private static void Remove<TKey>(Dictionary<TKey, HashSet<ObjectKey>> map, TKey at, ObjectKey key)
        where TKey : notnull
    {
        if (map.TryGetValue(at, out var keys) && keys.Remove(key) && keys.Count == 0)
        {
            map.Remove(at);
        }
    }

    /// <summary>Puts what there is now in the place of what was there, which is returned.</summary>
    private static T? Replace<T>(Dictionary<string, Dictionary<string, T>> map, ObjectKey key, T? now)
        where T : class
    {
        var inside = map.GetValueOrDefault(key.Namespace) ?? [];
        var before = inside.GetValueOrDefault(key.Name);
        if (now is not null)
        {
            inside[key.Name] = now;
            map[key.Namespace] = inside;
        }
        else if (inside.Remove(key.Name) && inside.Count == 0)
        {
            map.Remove(key.Namespace);
        }

        return before;
    }

    private void UpdatePod(ObjectKey key, StoredObject? now)
    {
        var before = _pods.GetValueOrDefault(key);
        var after = now is null ? null : WorkloadPod.Of(now.ReadPod());
        if (before?.Uid == after?.Uid && before?.Version == after?.Version)
        {
            return;
        }

        if (before is not null)
        {
            Place(key, before, (map, at) => Remove(map, at, key));
            _pods.Remove(key);
        }

        if (after is not null)
        {
            _pods[key] = after;
            Place(key, after, (map, at) => Add(map, at, key));
        }

        foreach (var pod in (WorkloadPod?[])[before, after])
        {
            if (pod is not null)
            {
                ConcernOwner(WorkloadKinds.Pods, key.Namespace, pod.Controller, pod.Labels);
                ConcernBudgets(key.Namespace, pod);
            }
        }
    }

    private void UpdateClaim(ObjectKey key, StoredObject? now)
    {
        var after = now is null ? null : SetClaim.Of(ApiJson.Read<PersistentVolumeClaim>(now.Json.Span));
        var before = Replace(_claims, key, after);
        if (before?.Uid == after?.Uid && before?.Version == after?.Version)
        {
            return;
        }

        foreach (var set in In(WorkloadKinds.StatefulSets, key.Namespace).Where(w => SetClaims.OrdinalOf((StatefulSet)w.Value, key.Name) is not null))
        {
            Concern(set.Key);
        }
    }

    private void UpdateRevision(ObjectKey key, StoredObject? now)
    {
        var after = now is null ? null : ApiJson.Read<ControllerRevision>(now.Json.Span);
        var before = Replace(_revisions, key, after);
        if (before?.Metadata.Uid == after?.Metadata.Uid && before?.Metadata.ResourceVersion == after?.Metadata.ResourceVersion)
        {
            return;
        }

        foreach (var metadata in (ObjectMeta?[])[before?.Metadata, after?.Metadata])
        {
            if (metadata is not null)
            {
                ConcernOwner(WorkloadKinds.Revisions, key.Namespace, metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true), metadata.Labels);
            }
        }
    }

    private void Place(ObjectKey key, WorkloadPod pod, Action<Dictionary<string, HashSet<ObjectKey>>, string> place)
    {
        place(_podsByNamespace, key.Namespace);
        if (pod.Controller is { } controller)
        {
            place(_podsByController, controller.Uid);
        }
        else if (!StaticPodUid.Is(pod.Uid))
        {
            // One from a file is that file's, whatever its labels.
            place(_orphans, key.Namespace);
        }
    }

    private void UpdateWorkload(WorkloadKind kind, ObjectKey key, StoredObject? now)
    {
        var before = _workloads.GetValueOrDefault(key);
        if (before?.Stored.Uid == now?.Uid && before?.Stored.ResourceVersion == now?.ResourceVersion)
        {
            return;
        }

        if (before is not null)
        {
            _byUid.Remove(before.Stored.Uid);
            Remove(_byNamespace, (key.Resource, key.Namespace), key);
            _workloads.Remove(key);
            ConcernOwner(key.Resource, key.Namespace, before.Controller, before.Metadata.Labels);
        }

        if (now is not null)
        {
            var after = kind.Read(now);
            _workloads[key] = after;
            _byUid[now.Uid] = key;
            Add(_byNamespace, (key.Resource, key.Namespace), key);
            ConcernOwner(key.Resource, key.Namespace, after.Controller, after.Metadata.Labels);
            Concern(key);
        }

        if (key.Resource != WorkloadKinds.Budgets && before?.Metadata.Generation != _workloads.GetValueOrDefault(key)?.Metadata.Generation)
        {
            ConcernBudgets(key.Namespace, null);
        }
    }

    /// <summary>Has the budgets looked at that are about a pod; all of the namespace when a number of replicas may have changed.</summary>
    private void ConcernBudgets(string ns, WorkloadPod? pod)
    {
        foreach (var budget in In(WorkloadKinds.Budgets, ns).Where(b => pod is null || b.Selector?.Matches(pod.Labels) == true))
        {
            Concern(budget.Key);
        }
    }

    /// <summary>Has the controller of something looked at; of what has none, everybody who would adopt it.</summary>
    private void ConcernOwner(string resource, string ns, OwnerReference? controller, IReadOnlyDictionary<string, string> labels)
    {
        if (controller is not null)
        {
            if (_byUid.TryGetValue(controller.Uid, out var owner))
            {
                Concern(owner);
            }

            return;
        }

        foreach (var kind in WorkloadKinds.All.Where(k => k.Adopts.Contains(resource)))
        {
            foreach (var candidate in In(kind.Resource, ns).Where(w => w.Selector?.Matches(labels) == true))
            {
                Concern(candidate.Key);
            }
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Quotas;
using Insula.Store;
using Insulad.Http;

namespace Insulad.Quotas;

/// <summary>
/// Who may still be made under a namespace's quotas. What is stored is counted, and what is on its way into the store, so that two that are made at
/// once do not count on the same room. Nothing of it outlives the daemon, and no status is believed.
/// </summary>
internal sealed class QuotaLedger(IObjectStore store)
{
    /// <summary>Where ResourceQuotas are.</summary>
    public const string Resource = "resourcequotas";

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, (long Version, QuotaUsage Usage)> _read = [];
    private readonly List<Lease> _leases = [];

    /// <summary>Lets an object that is about to be written pass, and counts it until the lease is disposed; its write is to be over then, one way or the other.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="next">The object as it will be stored.</param>
    /// <param name="old">As it is stored now; null when it is created.</param>
    /// <returns>Null where no quota is about the object.</returns>
    /// <exception cref="ApiException">403: a quota is against it.</exception>
    public IDisposable? Admit(ApiRequest request, string name, JsonObject next, JsonObject? old)
    {
        if (!request.Kind.Namespaced || QuotasOf(request.Namespace) is not { Count: > 0 } quotas)
        {
            return null;
        }

        var key = request.Key with { Name = name };
        var usage = Usage(key, next);
        var before = old is null ? null : Usage(key, old);
        var about = quotas.Where(q => usage.Under(q.Spec).Count > 0).OrderBy(q => q.Metadata.Name, StringComparer.Ordinal).ToList();
        if (about.Count == 0)
        {
            return null;
        }

        lock (_lock)
        {
            var others = Objects(key.Resource, key.Namespace).Where(o => o.Key != key).Select(o => o.States).ToList();
            foreach (var quota in about)
            {
                if (QuotaAdmission.Complaint(quota, QuotaAdmission.Used(quota.Spec, others), before, usage) is { } complaint)
                {
                    throw new ApiException(Failures.Forbidden(request.Kind.QualifiedPlural, name, complaint));
                }
            }

            var lease = new Lease(this, key, usage);
            _leases.Add(lease);
            return lease;
        }
    }

    /// <summary>The quotas of a namespace.</summary>
    public IReadOnlyList<ResourceQuota> QuotasOf(string ns) => [.. store.List(Resource, ns).Items.Select(o => ApiJson.Read<ResourceQuota>(o.Json.Span))];

    /// <summary>What stored objects use of a quota.</summary>
    public IReadOnlyDictionary<string, long> UsedOf(ResourceQuota quota)
    {
        lock (_lock)
        {
            var users = quota.Spec.Hard.Keys.Select(QuotaResources.UserOf).OfType<string>().Distinct();
            return QuotaAdmission.Used(quota.Spec, users.SelectMany(u => Stored(u, quota.Metadata.Namespace!)).Select(o => (IReadOnlyList<QuotaUsage>)[o.Usage]).ToList());
        }
    }

    private static QuotaUsage Usage(ObjectKey key, JsonObject document) => QuotaUsage.Of(key.Resource, Encoding.UTF8.GetBytes(document.ToJsonString()));

    // Of an object that is being written what it is and what it may be a moment later.
    private List<(ObjectKey Key, IReadOnlyList<QuotaUsage> States)> Objects(string resource, string ns)
    {
        var leased = _leases.Where(l => l.Key.Resource == resource && l.Key.Namespace == ns).ToLookup(l => l.Key, l => l.Usage);
        var stored = Stored(resource, ns);
        var there = stored.Select(o => o.Key).ToHashSet();
        return
        [
            .. stored.Select(o => (o.Key, (IReadOnlyList<QuotaUsage>)[o.Usage, .. leased[o.Key]])),
            .. leased.Where(l => !there.Contains(l.Key)).Select(l => (l.Key, (IReadOnlyList<QuotaUsage>)[.. l])),
        ];
    }

    // Read once a version: a namespace may have a thousand pods, and most are as they were.
    private List<(ObjectKey Key, QuotaUsage Usage)> Stored(string resource, string ns)
    {
        var items = store.List(resource, ns).Items;
        var found = new List<(ObjectKey, QuotaUsage)>();
        foreach (var item in items)
        {
            if (!_read.TryGetValue(item.Key, out var read) || read.Version != item.ResourceVersion)
            {
                _read[item.Key] = read = (item.ResourceVersion, QuotaUsage.Of(resource, item.Json.Span));
            }

            found.Add((item.Key, read.Usage));
        }

        if (_read.Count > 2 * (found.Count + 1000))
        {
            foreach (var key in _read.Keys.Where(k => store.Get(k) is null).ToList())
            {
                _read.Remove(key);
            }
        }

        return found;
    }

    private void End(Lease lease)
    {
        lock (_lock)
        {
            _leases.Remove(lease);
        }
    }

    private sealed class Lease(QuotaLedger ledger, ObjectKey key, QuotaUsage usage) : IDisposable
    {
        public ObjectKey Key => key;

        public QuotaUsage Usage => usage;

        public void Dispose() => ledger.End(this);
    }
}

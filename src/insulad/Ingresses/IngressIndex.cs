using Insula.Api.Core;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Ingresses.Model;
using Insula.Ingresses.Plane;
using Insula.Store;
using Insulad.Http;

namespace Insulad.Ingresses;

/// <summary>Ingresses and what they depend on, as last heard of. Not thread-safe.</summary>
internal sealed class IngressIndex
{
    public const string Services = "services";
    public const string Slices = "endpointslices.discovery.k8s.io";
    public const string Secrets = "secrets";
    public const string Pods = "pods";
    public const string Deployments = "deployments.apps";

    private readonly Dictionary<ObjectKey, (StoredObject Stored, Ingress Value)> _ingresses = [];
    private readonly Dictionary<string, IngressClass> _classes = [];
    private readonly Dictionary<ObjectKey, Service> _services = [];
    private readonly Dictionary<ObjectKey, EndpointSlice> _slices = [];
    private readonly Dictionary<(string Namespace, string Service), HashSet<ObjectKey>> _slicesOf = [];
    private readonly Dictionary<ObjectKey, StoredObject> _secrets = [];
    private readonly Dictionary<(string Uid, string Version), (string? Pem, IReadOnlyList<string> Names, string? Problem)> _certificates = [];
    private readonly Dictionary<ObjectKey, ProxyPod> _pods = [];

    /// <summary>The resources of interest.</summary>
    public static IReadOnlyList<string> Resources { get; } = [IngressClassStep.Ingresses, IngressClassStep.Classes, Services, Slices, Secrets, Pods, Deployments];

    /// <summary>Whether there is any Ingress: without, nothing else is of interest.</summary>
    public bool Any => _ingresses.Count > 0;

    /// <summary>Whether a resource is of interest now.</summary>
    public bool Follows(string resource) => resource is IngressClassStep.Ingresses or IngressClassStep.Classes || (Any && Resources.Contains(resource));

    /// <summary>All Ingresses.</summary>
    public IEnumerable<(StoredObject Stored, Ingress Value)> All => _ingresses.Values;

    /// <summary>The pods in which HAProxy runs.</summary>
    public IReadOnlyList<ProxyPod> Proxies => [.. _pods.Values.OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>Whether an Ingress is ours to serve.</summary>
    public bool IsOurs(Ingress ingress) =>
        ingress.Metadata.DeletionTimestamp is null && IngressWords.ClassOf(ingress) is { } name && _classes.GetValueOrDefault(name)?.Spec.Controller == IngressWords.Controller;

    /// <summary>What decides where requests go.</summary>
    public IngressWorld World => new()
    {
        Ingresses = [.. _ingresses.Values.Select(i => i.Value).Where(IsOurs)],
        Service = (space, name) => _services.GetValueOrDefault(new ObjectKey(Services, space, name)),
        Slices = (space, name) => _slicesOf.GetValueOrDefault((space, name))?.Select(key => _slices[key]) ?? [],
        Secret = (space, name) => _secrets.GetValueOrDefault(new ObjectKey(Secrets, space, name)) is { } stored ? ApiJson.Read<Secret>(stored.Json.Span) : null,
        Certificate = Certificate,
    };

    /// <summary>The stored version of an Ingress; null when it is another by now.</summary>
    public StoredObject? Find(Ingress ingress) =>
        _ingresses.GetValueOrDefault(new ObjectKey(IngressClassStep.Ingresses, ingress.Metadata.Namespace ?? "default", ingress.Metadata.Name)).Stored is { } stored && stored.Uid == ingress.Metadata.Uid ? stored : null;

    /// <summary>Takes in all that is of interest now, and forgets the rest.</summary>
    public void Fill(IObjectStore store)
    {
        _services.Clear();
        _slices.Clear();
        _slicesOf.Clear();
        _secrets.Clear();
        _pods.Clear();
        foreach (var item in Resources.Where(Follows).SelectMany(r => store.List(r, null).Items))
        {
            Update(item.Key, item);
        }
    }

    /// <summary>Takes in an object as it is now, or its end; whether that may change what is to be done.</summary>
    public bool Update(ObjectKey key, StoredObject? now)
    {
        switch (key.Resource)
        {
            case IngressClassStep.Ingresses:
                var before = _ingresses.GetValueOrDefault(key).Stored;
                Set(_ingresses, key, now is null ? null : (now, ApiJson.Read<Ingress>(now.Json.Span)));
                return before?.Uid != now?.Uid || before?.ResourceVersion != now?.ResourceVersion;
            case IngressClassStep.Classes:
                Set(_classes, key.Name, now is null ? null : ApiJson.Read<IngressClass>(now.Json.Span));
                return true;
            case Services:
                Set(_services, key, now is null ? null : ApiJson.Read<Service>(now.Json.Span));
                return true;
            case Slices:
                UpdateSlice(key, now is null ? null : ApiJson.Read<EndpointSlice>(now.Json.Span));
                return true;
            case Secrets:
                _certificates.Clear();
                Set(_secrets, key, now);
                return true;
            case Pods when key.Namespace == PlaneNames.Namespace:
                return UpdatePod(key, now is null ? null : ApiJson.Read<Pod>(now.Json.Span));
            case Deployments:
                return key.Namespace == PlaneNames.Namespace;
            default:
                return false;
        }
    }

    // Keys and signatures are looked at once for each version: pods come and go more often.
    private (string? Pem, IReadOnlyList<string> Names, string? Problem) Certificate(Secret secret)
    {
        var key = (secret.Metadata.Uid ?? "", secret.Metadata.ResourceVersion ?? "");
        if (!_certificates.TryGetValue(key, out var read))
        {
            _certificates[key] = read = CertificateReader.Read(secret);
        }

        return read;
    }

    private static void Set<TKey, TValue>(Dictionary<TKey, TValue> map, TKey key, TValue? value)
        where TKey : notnull
        where TValue : class
    {
        if (value is null)
        {
            map.Remove(key);
        }
        else
        {
            map[key] = value;
        }
    }

    private static void Set<TKey, TValue>(Dictionary<TKey, TValue> map, TKey key, TValue? value)
        where TKey : notnull
        where TValue : struct
    {
        if (value is { } some)
        {
            map[key] = some;
        }
        else
        {
            map.Remove(key);
        }
    }

    private bool UpdatePod(ObjectKey key, Pod? pod)
    {
        var before = _pods.GetValueOrDefault(key);
        var after = pod?.Metadata.Labels.GetValueOrDefault(PlaneNames.NameLabel) == PlaneNames.Name ? ProxyPod.Of(pod) : null;
        Set(_pods, key, after);
        return before != after;
    }

    private void UpdateSlice(ObjectKey key, EndpointSlice? now)
    {
        if (_slices.GetValueOrDefault(key) is { } before && Owner(key, before) is { } old && _slicesOf.TryGetValue(old, out var known))
        {
            known.Remove(key);
            if (known.Count == 0)
            {
                _slicesOf.Remove(old);
            }
        }

        Set(_slices, key, now);
        if (now is not null && Owner(key, now) is { } owner)
        {
            if (!_slicesOf.TryGetValue(owner, out var keys))
            {
                _slicesOf[owner] = keys = [];
            }

            keys.Add(key);
        }
    }

    private static (string, string)? Owner(ObjectKey key, EndpointSlice slice) =>
        slice.Metadata.Labels.GetValueOrDefault(EndpointSlice.ServiceLabel) is { Length: > 0 } service ? (key.Namespace, service) : null;
}

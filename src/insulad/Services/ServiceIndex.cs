using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Store;

namespace Insulad.Services;

/// <summary>
/// The Services, and what they depend on, as last heard of; and which Services a change concerns. Finding those costs the same however many
/// others there are. Not thread-safe.
/// </summary>
internal sealed class ServiceIndex
{
    /// <summary>The resource of Services.</summary>
    public const string Services = "services";

    /// <summary>The resource of pods.</summary>
    public const string Pods = "pods";

    /// <summary>The resource of Endpoints.</summary>
    public const string Endpoints = "endpoints";

    /// <summary>The resource of EndpointSlices.</summary>
    public const string Slices = "endpointslices.discovery.k8s.io";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> Resources = [Services, Pods, Endpoints, Slices];

    private readonly Dictionary<ServiceName, Service> _services = [];
    private readonly Dictionary<(string Namespace, string Key, string Value), HashSet<ServiceName>> _bySelector = [];
    private readonly Dictionary<ServiceName, PodFacts> _pods = [];
    private readonly Dictionary<(string Namespace, string Key, string Value), HashSet<ServiceName>> _podsByLabel = [];
    private readonly Dictionary<ServiceName, Endpoints> _endpoints = [];
    private readonly Dictionary<ServiceName, Dictionary<string, EndpointSlice>> _slices = [];
    private readonly Dictionary<(string Namespace, string Name), ServiceName> _sliceOwners = [];
    private HashSet<ServiceName> _concerned = [];
    private HashSet<ServiceName> _concernedPods = [];
    private HashSet<ServiceName> _movedPods = [];
    private List<string> _leaving = [];
    private List<string> _shut = [];
    private List<string> _gone = [];

    /// <summary>All Services, and those that are gone but have left endpoints.</summary>
    public IEnumerable<ServiceName> All => _services.Keys.Concat(_endpoints.Keys).Concat(_slices.Keys).Distinct();

    /// <summary>The Services that changes since the last call concern.</summary>
    public HashSet<ServiceName> TakeConcerned()
    {
        var taken = _concerned;
        _concerned = [];
        return taken;
    }

    /// <summary>The pods whose host ports, or whose address behind them, changed since the last call.</summary>
    public HashSet<ServiceName> TakeConcernedPods()
    {
        var taken = _concernedPods;
        _concernedPods = [];
        return taken;
    }

    /// <summary>The pods whose address came, went or changed since the last call.</summary>
    public HashSet<ServiceName> TakeMovedPods()
    {
        var taken = _movedPods;
        _movedPods = [];
        return taken;
    }

    /// <summary>The pods that have gone a step on their way out since the last call.</summary>
    public Leavers TakeLeavers()
    {
        var taken = new Leavers(_leaving, _shut, _gone);
        (_leaving, _shut, _gone) = ([], [], []);
        return taken;
    }

    /// <summary>A pod; null when there is none.</summary>
    public PodFacts? FindPod(ServiceName name) => _pods.GetValueOrDefault(name);

    /// <summary>Has a Service looked at again.</summary>
    public void Concern(ServiceName service) => _concerned.Add(service);

    /// <summary>Takes in an object as it is now; or its end.</summary>
    public void Update(ObjectKey key, StoredObject? now)
    {
        var name = new ServiceName(key.Namespace, key.Name);
        switch (key.Resource)
        {
            case Services:
                UpdateService(name, now is null ? null : ApiJson.Read<Service>(now.Json.Span));
                break;
            case Pods:
                UpdatePod(name, now is null ? null : PodFacts.Of(now.ReadPod()));
                break;
            case Endpoints:
                Set(_endpoints, name, now is null ? null : ApiJson.Read<Endpoints>(now.Json.Span));
                _concerned.Add(name);
                break;
            case Slices:
                UpdateSlice(key, now is null ? null : ApiJson.Read<EndpointSlice>(now.Json.Span));
                break;
        }
    }

    /// <summary>A Service; null when there is none.</summary>
    public Service? Find(ServiceName name) => _services.GetValueOrDefault(name);

    /// <summary>The pods that a Service may lead to: those with one label of its selector.</summary>
    public IEnumerable<PodFacts> PodsFor(Service service) =>
        SelectorKey(service) is { } key && _podsByLabel.TryGetValue(key, out var pods) ? pods.Select(p => _pods[p]) : [];

    /// <summary>The Endpoints of a Service's name; null when there are none.</summary>
    public Endpoints? EndpointsOf(ServiceName name) => _endpoints.GetValueOrDefault(name);

    /// <summary>The EndpointSlices with a Service's label.</summary>
    public IReadOnlyCollection<EndpointSlice> SlicesOf(ServiceName name) => _slices.TryGetValue(name, out var slices) ? slices.Values : [];

    private static (string, string, string)? SelectorKey(Service service) =>
        service.Spec.Selector.Count == 0 ? null
            : service.Spec.Selector.MinBy(l => l.Key, StringComparer.Ordinal) is var first ? (service.Metadata.Namespace ?? "", first.Key, first.Value) : null;

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

    private static void Add<TKey>(Dictionary<TKey, HashSet<ServiceName>> map, TKey key, ServiceName name)
        where TKey : notnull
    {
        if (!map.TryGetValue(key, out var names))
        {
            map[key] = names = [];
        }

        names.Add(name);
    }

    private static void Remove<TKey>(Dictionary<TKey, HashSet<ServiceName>> map, TKey key, ServiceName name)
        where TKey : notnull
    {
        if (map.TryGetValue(key, out var names) && names.Remove(name) && names.Count == 0)
        {
            map.Remove(key);
        }
    }

    private void UpdateService(ServiceName name, Service? now)
    {
        if (_services.TryGetValue(name, out var before) && SelectorKey(before) is { } old)
        {
            Remove(_bySelector, old, name);
        }

        Set(_services, name, now);
        if (now is not null && SelectorKey(now) is { } key)
        {
            Add(_bySelector, key, name);
        }

        _concerned.Add(name);
    }

    private void UpdatePod(ServiceName name, PodFacts? now)
    {
        var before = _pods.GetValueOrDefault(name);
        if (before is null ? now is null : before.Equals(now))
        {
            return;
        }

        if (now is { Terminating: true } && (before is not { Terminating: true } || before.Uid != now.Uid))
        {
            _leaving.Add(now.Uid);
        }

        if (now is { Terminating: true, Address: null, AddressV6: null })
        {
            _shut.Add(now.Uid);
        }

        if (before is not null && before.Uid != now?.Uid)
        {
            _gone.Add(before.Uid);
        }

        if ((before?.Address, before?.AddressV6) != (now?.Address, now?.AddressV6))
        {
            _movedPods.Add(name);
        }

        if (before?.HostPorts.Count > 0 || now?.HostPorts.Count > 0)
        {
            _concernedPods.Add(name);
        }

        foreach (var label in before?.Labels ?? new Dictionary<string, string>())
        {
            Remove(_podsByLabel, (name.Namespace, label.Key, label.Value), name);
        }

        Set(_pods, name, now);
        foreach (var label in now?.Labels ?? new Dictionary<string, string>())
        {
            Add(_podsByLabel, (name.Namespace, label.Key, label.Value), name);
        }

        foreach (var pod in (PodFacts?[])[before, now])
        {
            foreach (var label in pod?.Labels ?? new Dictionary<string, string>())
            {
                foreach (var service in _bySelector.GetValueOrDefault((name.Namespace, label.Key, label.Value)) ?? [])
                {
                    if (EndpointSelection.Selects(_services[service], pod!))
                    {
                        _concerned.Add(service);
                    }
                }
            }
        }
    }

    private void UpdateSlice(ObjectKey key, EndpointSlice? now)
    {
        if (_sliceOwners.Remove((key.Namespace, key.Name), out var before))
        {
            var slices = _slices[before];
            slices.Remove(key.Name);
            if (slices.Count == 0)
            {
                _slices.Remove(before);
            }

            _concerned.Add(before);
        }

        if (now is not null && now.Metadata.Labels.TryGetValue(EndpointSlice.ServiceLabel, out var service) && service.Length > 0)
        {
            var owner = new ServiceName(key.Namespace, service);
            _sliceOwners[(key.Namespace, key.Name)] = owner;
            if (!_slices.TryGetValue(owner, out var slices))
            {
                _slices[owner] = slices = [];
            }

            slices[key.Name] = now;
            _concerned.Add(owner);
        }
    }
}

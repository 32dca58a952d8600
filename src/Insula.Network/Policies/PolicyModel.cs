using System.Globalization;
using Insula.Api.Core;

namespace Insula.Network.Policies;

/// <summary>The policies and namespaces as they are, and what they make of a pod. Pure but for what it is told.</summary>
/// <param name="insulated">Whether pods that no policy is about are closed to other namespaces, and to what comes from outside by no Service.</param>
internal sealed class PolicyModel(bool insulated)
{
    private const string NamespacePrefix = "namespace_";
    private const string NameLabel = "kubernetes.io/metadata.name";

    private readonly SortedDictionary<string, (NetworkPolicy Object, Policy Policy)> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _namespaces = new(StringComparer.Ordinal);

    /// <summary>The number that the next policy, chain or namespace gets.</summary>
    public int Next { get; set; } = 1;

    /// <summary>Whether a set is that of a namespace.</summary>
    public static bool IsNamespaceSet(string name) => name.StartsWith(NamespacePrefix, StringComparison.Ordinal);

    /// <summary>Takes a policy up, changes it, or (null) forgets it.</summary>
    /// <returns>The one before and the one now; the same when nothing changed.</returns>
    public (Policy? Before, Policy? Now) Put(string key, NetworkPolicy? policy)
    {
        (NetworkPolicy Object, Policy Policy)? known = _policies.TryGetValue(key, out var found) ? found : null;
        if (policy is null)
        {
            _policies.Remove(key);
            return (known?.Policy, null);
        }

        // A generation counts changes of the specification; an object made anew has another uid.
        if (known is { } same && same.Object.Metadata.Uid == policy.Metadata.Uid && same.Object.Metadata.Generation == policy.Metadata.Generation)
        {
            return (same.Policy, same.Policy);
        }

        Policy now = new(Next++, policy);
        _policies[key] = (policy, now);
        return (known?.Policy, now);
    }

    /// <summary>Notes a namespace's labels, or (null) that it is gone. Whether that can change anything for pods.</summary>
    public bool Put(string name, IReadOnlyDictionary<string, string>? labels)
    {
        IReadOnlyDictionary<string, string>? before = _labels.GetValueOrDefault(name);
        if (labels is null)
        {
            return _labels.Remove(name);
        }

        _labels[name] = labels;
        return before is null || before.Count != labels.Count || labels.Any(l => !before.TryGetValue(l.Key, out string? value) || value != l.Value);
    }

    /// <summary>The keys of all policies.</summary>
    public IReadOnlyCollection<string> Keys => _policies.Keys;

    /// <summary>The names of all namespaces.</summary>
    public IReadOnlyCollection<string> Namespaces => _labels.Keys;

    /// <summary>All policies.</summary>
    public IEnumerable<Policy> Policies => _policies.Values.Select(p => p.Policy);

    /// <summary>The policies of a restriction.</summary>
    public IReadOnlyList<Policy> Of(Restriction restriction) => [.. Policies.Where(p => restriction.Policies.Split(',').Contains(p.Number.ToString(CultureInfo.InvariantCulture)))];

    /// <summary>The set of the addresses of a namespace's pods.</summary>
    public string NamespaceSet(string name, bool v6)
    {
        if (!_namespaces.TryGetValue(name, out int number))
        {
            _namespaces[name] = number = Next++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{NamespacePrefix}{number}{(v6 ? "_v6" : "")}");
    }

    /// <summary>What the policies make of a pod.</summary>
    public PolicyImage ImageOf(PolicyPod pod)
    {
        HashSet<(string, PolicyElement)> elements = ElementsOf(pod);
        if (pod is NameServerPod)
        {
            return PolicyImage.Nothing with { Elements = elements };
        }

        if (insulated)
        {
            elements.UnionWith(pod.Addresses.Select(a => new PolicyElement(a)).Select(e => (NamespaceSet(pod.Facts.Namespace, e.V6), e)));
        }

        return new(elements, RestrictionOf(pod, PolicyDirection.In), RestrictionOf(pod, PolicyDirection.Out));
    }

    /// <summary>Whether a pod may ask the name server by a transport protocol.</summary>
    public bool MayAsk(PolicyPod pod, NameServerPod server, byte protocol)
    {
        Policy[] about = [.. Policies.Where(p => p.Restricts(pod, PolicyDirection.Out))];
        return about.Length == 0 || about.Any(p => p.AllowsTo(server, LabelsOf(server), protocol, NameServerPod.Port));
    }

    private IReadOnlyDictionary<string, string> LabelsOf(PolicyPod pod) =>
        _labels.GetValueOrDefault(pod.Facts.Namespace) ?? new Dictionary<string, string> { [NameLabel] = pod.Facts.Namespace };

    private HashSet<(string Set, PolicyElement Element)> ElementsOf(PolicyPod pod)
    {
        IReadOnlyDictionary<string, string> labels = LabelsOf(pod);
        return [.. Policies.SelectMany(p => p.ElementsOf(pod, labels))];
    }

    private Restriction? RestrictionOf(PolicyPod pod, PolicyDirection direction)
    {
        Policy[] about = [.. Policies.Where(p => p.Restricts(pod, direction))];
        return about.Length > 0 ? Restriction.By(direction, about)
            : insulated && direction == PolicyDirection.In ? new(direction, "", pod.Facts.Namespace)
            : null;
    }
}

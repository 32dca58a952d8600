using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Quotas;

/// <summary>Whether a namespace's quotas let an object pass; with the texts of Kubernetes' admission. Pure.</summary>
public static class QuotaAdmission
{
    /// <summary>Why a quota is against an object; null when it is not.</summary>
    /// <param name="quota">The quota.</param>
    /// <param name="used">What all others use of it.</param>
    /// <param name="old">What the object uses now; null when it is created.</param>
    /// <param name="next">What it is going to use.</param>
    public static string? Complaint(ResourceQuota quota, IReadOnlyDictionary<string, long> used, QuotaUsage? old, QuotaUsage next)
    {
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentNullException.ThrowIfNull(used);
        ArgumentNullException.ThrowIfNull(next);
        var wanted = next.Under(quota.Spec);
        if (wanted.Count == 0)
        {
            return null;
        }

        if (old is null && next.Pod is { } pod && Unsaid(quota, pod) is { Length: > 0 } unsaid)
        {
            return $"failed quota: {quota.Metadata.Name}: must specify {unsaid}";
        }

        // Only what grows is judged: what is overdrawn already, since the quota came later, may stay and become less.
        var before = old?.Under(quota.Spec);
        var (requested, has, limited) = (new SortedDictionary<string, Quantity>(StringComparer.Ordinal), new SortedDictionary<string, Quantity>(StringComparer.Ordinal), new SortedDictionary<string, Quantity>(StringComparer.Ordinal));
        foreach (var (resource, amount) in wanted)
        {
            var held = before?.GetValueOrDefault(resource) ?? 0;
            var now = used.GetValueOrDefault(resource) + held;
            if (amount > held && now + (amount - held) > QuotaResources.Amount(resource, quota.Spec.Hard[resource]))
            {
                requested[resource] = QuotaResources.Quantity(resource, amount - held);
                has[resource] = QuotaResources.Quantity(resource, now);
                limited[resource] = quota.Spec.Hard[resource];
            }
        }

        return requested.Count == 0 ? null : $"exceeded quota: {quota.Metadata.Name}, requested: {Text(requested)}, used: {Text(has)}, limited: {Text(limited)}";
    }

    /// <summary>What objects use of a quota together, of each resource it limits.</summary>
    /// <param name="spec">The quota.</param>
    /// <param name="objects">Of each object the states it may be in just now: the most of them counts.</param>
    public static IReadOnlyDictionary<string, long> Used(ResourceQuotaSpec spec, IEnumerable<IReadOnlyList<QuotaUsage>> objects)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(objects);
        var used = spec.Hard.Keys.ToDictionary(r => r, _ => 0L);
        foreach (var one in objects)
        {
            foreach (var most in one.SelectMany(state => state.Under(spec)).GroupBy(a => a.Key, a => a.Value))
            {
                var (resource, amount) = (most.Key, most.Max());
                used[resource] = used[resource] > long.MaxValue - amount ? long.MaxValue : used[resource] + amount;
            }
        }

        return used;
    }

    // "limits.cpu for: a,b; memory for: a": what is limited each container must name, or the pod as a whole.
    private static string Unsaid(ResourceQuota quota, Pod pod) => string.Join("; ", quota.Spec.Hard.Keys.Where(QuotaResources.MustBeSaid).Order(StringComparer.Ordinal)
        .Where(resource => pod.Spec.Resources is not { } whole || !Says(whole, resource))
        .Select(resource => (resource, Names: string.Join(",", pod.Spec.InitContainers.Concat(pod.Spec.Containers).Where(c => !Says(c.Resources, resource)).Select(c => c.Name).Order(StringComparer.Ordinal))))
        .Where(u => u.Names.Length > 0).Select(u => $"{u.resource} for: {u.Names}"));

    private static bool Says(ResourceRequirements resources, string resource)
    {
        const string Limits = "limits.";
        return resource.StartsWith(Limits, StringComparison.Ordinal)
            ? resources.Limits.ContainsKey(resource[Limits.Length..])
            : resources.Requests.ContainsKey(resource[(resource.IndexOf('.', StringComparison.Ordinal) + 1)..]);
    }

    private static string Text(SortedDictionary<string, Quantity> amounts) => string.Join(",", amounts.Select(a => $"{a.Key}={a.Value}"));
}

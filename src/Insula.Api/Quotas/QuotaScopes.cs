using Insula.Api.Core;

namespace Insula.Api.Quotas;

/// <summary>Which pods a quota is about.</summary>
public static class QuotaScopes
{
    /// <summary>Pods with an <c>activeDeadlineSeconds</c>.</summary>
    public const string Terminating = "Terminating";

    /// <summary>Pods without.</summary>
    public const string NotTerminating = "NotTerminating";

    /// <summary>Pods that request nothing.</summary>
    public const string BestEffort = "BestEffort";

    /// <summary>Pods that request something.</summary>
    public const string NotBestEffort = "NotBestEffort";

    /// <summary>Pods of PriorityClasses.</summary>
    public const string PriorityClass = "PriorityClass";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Terminating, NotTerminating, BestEffort, NotBestEffort, PriorityClass];

    /// <summary>The conditions of a quota, those of <c>scopes</c> as the operator Exists.</summary>
    public static IEnumerable<ScopeRequirement> Of(ResourceQuotaSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Scopes.Select(s => new ScopeRequirement { ScopeName = s, Operator = "Exists" }).Concat(spec.ScopeSelector?.MatchExpressions ?? []);
    }

    /// <summary>Whether a quota is about an object: one with scopes is about pods alone.</summary>
    /// <param name="spec">The quota.</param>
    /// <param name="pod">The pod; null for an object of another kind.</param>
    public static bool Include(ResourceQuotaSpec spec, Pod? pod) => Of(spec).All(r => pod is not null && IsMet(r, pod));

    private static bool IsMet(ScopeRequirement requirement, Pod pod) => requirement.ScopeName switch
    {
        Terminating => pod.Spec.ActiveDeadlineSeconds is >= 0,
        NotTerminating => pod.Spec.ActiveDeadlineSeconds is not >= 0,
        BestEffort => IsBestEffort(pod),
        NotBestEffort => !IsBestEffort(pod),
        PriorityClass => requirement.Operator switch
        {
            "Exists" => !string.IsNullOrEmpty(pod.Spec.PriorityClassName),
            "DoesNotExist" => string.IsNullOrEmpty(pod.Spec.PriorityClassName),
            "In" => requirement.Values.Contains(pod.Spec.PriorityClassName ?? ""),
            "NotIn" => !requirement.Values.Contains(pod.Spec.PriorityClassName ?? ""),
            _ => false,
        },
        _ => false,
    };

    // The status of a pod that is about to be created does not tell its class yet.
    private static bool IsBestEffort(Pod pod) => !pod.Spec.Containers.Concat(pod.Spec.InitContainers)
        .Any(c => c.Resources.Requests.Concat(c.Resources.Limits).Any(a => a.Key is "cpu" or "memory" && a.Value.Sign > 0));
}

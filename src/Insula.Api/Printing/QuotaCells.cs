using Insula.Api.Quotas;

namespace Insula.Api.Printing;

/// <summary>A quota's cells in tables, as kubectl shows them.</summary>
internal static class QuotaCells
{
    public static string Requests(ResourceQuota quota) => Of(quota, limits: false);

    public static string Limits(ResourceQuota quota) => Of(quota, limits: true);

    private static string Of(ResourceQuota quota, bool limits) => string.Join(", ", quota.Status.Hard
        .Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
        .OrderBy(h => h.Key, StringComparer.Ordinal)
        .Select(h => $"{h.Key}: {(quota.Status.Used.TryGetValue(h.Key, out var used) ? used : default)}/{h.Value}"));
}

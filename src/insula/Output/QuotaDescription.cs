using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Limits;
using Insula.Api.Quotas;
using Insula.Api.Values;

namespace Insula.Cli.Output;

/// <summary>What limits a namespace's objects, in the order of kubectl describe: a quota, a LimitRange, and the namespace with all of them.</summary>
internal static class QuotaDescription
{
    private static readonly Dictionary<string, string> s_scopes = new()
    {
        [QuotaScopes.Terminating] = "Matches all pods that have an active deadline.",
        [QuotaScopes.NotTerminating] = "Matches all pods that do not have an active deadline.",
        [QuotaScopes.BestEffort] = "Matches all pods that do not have resource requirements set.",
        [QuotaScopes.NotBestEffort] = "Matches all pods that have at least one resource requirement set.",
        [QuotaScopes.PriorityClass] = "Matches all pods of the priority classes.",
    };

    /// <summary>A quota.</summary>
    public static void Write(TextWriter output, ResourceQuota quota)
    {
        var at = new Outline(output);
        at.Field("Name", quota.Metadata.Name);
        at.Field("Namespace", quota.Metadata.Namespace);
        Quota(output, at, quota, "");
    }

    /// <summary>A LimitRange.</summary>
    public static void Write(TextWriter output, LimitRange range)
    {
        var at = new Outline(output);
        at.Field("Name", range.Metadata.Name);
        at.Field("Namespace", range.Metadata.Namespace);
        Limits(output, range.Spec.Limits, "");
    }

    /// <summary>A namespace with its quotas and LimitRanges.</summary>
    public static void Write(TextWriter output, JsonObject space, IReadOnlyList<ResourceQuota> quotas, IReadOnlyList<LimitRange> ranges)
    {
        var at = new Outline(output);
        var found = ApiJson.Read<Namespace>(space);
        at.Field("Name", found.Metadata.Name);
        at.Fields("Labels", found.Metadata.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        at.Fields("Annotations", found.Metadata.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Where(a => !a.Key.Contains("last-applied-configuration", StringComparison.Ordinal)).Select(a => $"{a.Key}={a.Value}"));
        at.Field("Status", found.Status.Phase);
        output.WriteLine();
        output.WriteLine(quotas.Count == 0 ? "No resource quota." : "Resource Quotas");
        foreach (var quota in quotas)
        {
            var one = new Outline(output, 1);
            one.Field("Name", quota.Metadata.Name);
            Quota(output, one, quota, "  ");
        }

        output.WriteLine();
        output.WriteLine(ranges.Count == 0 ? "No LimitRange resource." : "Resource Limits");
        if (ranges.Count > 0)
        {
            Limits(output, ranges.SelectMany(r => r.Spec.Limits), "  ");
        }
    }

    private static void Quota(TextWriter output, Outline at, ResourceQuota quota, string indent)
    {
        var scopes = QuotaScopes.Of(quota.Spec).ToList();
        if (scopes.Count > 0)
        {
            at.Field("Scopes", string.Join(", ", scopes.Select(s => s.Values.Count > 0 || s.Operator != "Exists" ? $"{s.ScopeName} {s.Operator} {string.Join(",", s.Values)}".TrimEnd() : s.ScopeName)));
            foreach (var scope in scopes.Select(s => s.ScopeName).Distinct().Where(s_scopes.ContainsKey))
            {
                output.WriteLine($"{indent} * {s_scopes[scope]}");
            }
        }

        TextTable.WriteUnderlined(output, indent, ["Resource", "Used", "Hard"], quota.Spec.Hard.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => (string[])
            [h.Key, (quota.Status.Used.TryGetValue(h.Key, out var used) ? used : default).ToString(), h.Value.ToString()]));
    }

    private static void Limits(TextWriter output, IEnumerable<LimitRangeItem> items, string indent) => TextTable.WriteUnderlined(
        output, indent, ["Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio"],
        items.SelectMany(i => ((IReadOnlyDictionary<string, Quantity>[])[i.Min, i.Max, i.DefaultRequest, i.Default, i.MaxLimitRequestRatio]) is var lists
            ? lists.SelectMany(l => l.Keys).Distinct().Order(StringComparer.Ordinal).Select(r => (string[])[i.Type, r, .. lists.Select(l => l.TryGetValue(r, out var amount) ? amount.ToString() : "-")])
            : []));
}

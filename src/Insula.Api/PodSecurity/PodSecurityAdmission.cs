using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.PodSecurity;

/// <summary>
/// Decides about pods and namespaces by the Pod Security Standards, as Kubernetes' admission plug-in does, in its words.
/// </summary>
/// <param name="defaults">The policy of what a namespace's labels do not name.</param>
/// <param name="exemptNamespaces">Namespaces in which nothing is checked.</param>
public sealed class PodSecurityAdmission(PodSecurityPolicy defaults, IReadOnlySet<string> exemptNamespaces)
{
    /// <summary>Decides about a pod that is to be created, or updated where <paramref name="old"/> is what it was.</summary>
    public PodSecurityDecision ReviewPod(JsonObject ns, JsonObject pod, JsonObject? old)
    {
        if (exemptNamespaces.Contains(Name(ns)))
        {
            return new() { Audit = [("exempt", "namespace")] };
        }

        var policy = PodSecurityPolicy.FromLabels(Labels(ns), defaults, out var errors);
        if ((errors.Count == 0 && policy.IsPrivileged) || (old is not null && !IsSignificant(old, pod)))
        {
            return PodSecurityDecision.Allowed;
        }

        var audit = new List<(string, string)>();
        if (errors.Count > 0)
        {
            audit.Add(("error", $"Failed to parse policy: {string.Join(", ", errors)}"));
        }

        audit.Add(("enforce-policy", policy.Enforce.ToString()));
        if (WouldViolate(policy.Audit) is { } noted)
        {
            audit.Add(("audit-violations", noted));
        }

        if (Violations(policy.Enforce) is { } refusal)
        {
            // Who is refused is not warned of the same thing again.
            return new() { Refusal = $"violates {refusal}", Audit = audit };
        }

        return new() { Warnings = WouldViolate(policy.Warn) is { } warning ? [warning] : [], Audit = audit };

        string? WouldViolate(PodSecurityStandard standard) => Violations(standard) is { } text ? $"would violate {text}" : null;

        string? Violations(PodSecurityStandard standard) => PodSecurityEvaluator.Evaluate(standard, pod) is { Count: > 0 } violations
            ? $"PodSecurity {Quoted.Text(standard.ToString())}: {string.Join(", ", violations)}"
            : null;
    }

    /// <summary>
    /// What is wrong with the labels of a namespace that is to be created, or updated where <paramref name="old"/> is what
    /// it was. What was wrong before is let pass.
    /// </summary>
    public IReadOnlyList<FieldError> ValidateNamespace(JsonObject ns, JsonObject? old)
    {
        _ = PodSecurityPolicy.FromLabels(Labels(ns), defaults, out var errors);
        if (old is null || errors.Count == 0)
        {
            return errors;
        }

        _ = PodSecurityPolicy.FromLabels(Labels(old), defaults, out var before);
        return errors.SequenceEqual(before) ? [] : errors;
    }

    /// <summary>What to say of a namespace's new labels: that they are not heeded, or which of its pods violate them.</summary>
    /// <param name="ns">The namespace as it will be.</param>
    /// <param name="old">As it was; null when it is created.</param>
    /// <param name="pods">Lists the pods in it; called only when they have to be looked at.</param>
    public IReadOnlyList<string> WarnOfNamespace(JsonObject ns, JsonObject? old, Func<IEnumerable<JsonObject>> pods)
    {
        var policy = PodSecurityPolicy.FromLabels(Labels(ns), defaults, out _);
        if (old is null)
        {
            return ExemptionWarning(ns, policy);
        }

        var enforce = policy.Enforce;
        var before = PodSecurityPolicy.FromLabels(Labels(old), defaults, out _).Enforce;
        if (enforce == before || enforce.Level == PodSecurityLevel.Privileged || (enforce.Version == before.Version && enforce.Level < before.Level))
        {
            return [];
        }

        return exemptNamespaces.Contains(Name(ns)) ? ExemptionWarning(ns, policy) : ViolationWarnings(Name(ns), enforce, pods());
    }

    private static List<string> ViolationWarnings(string ns, PodSecurityStandard enforce, IEnumerable<JsonObject> pods)
    {
        var byReasons = pods
            .Select(pod => (Name: Name(pod), Reasons: string.Join(", ", PodSecurityEvaluator.Evaluate(enforce, pod).Select(v => v.Reason))))
            .Where(p => p.Reasons.Length > 0)
            .GroupBy(p => p.Reasons)
            .Select(g => $"{g.Select(p => p.Name).Min(StringComparer.Ordinal)}{Others(g.Count() - 1)}: {g.Key}")
            .Order(StringComparer.Ordinal)
            .ToList();
        return byReasons.Count == 0 ? []
            : [$"existing pods in namespace {Quoted.Text(ns)} violate the new PodSecurity enforce level {Quoted.Text(enforce.ToString())}", .. byReasons];
    }

    private static string Others(int count) => count switch
    {
        0 => "",
        1 => " (and 1 other pod)",
        _ => string.Create(CultureInfo.InvariantCulture, $" (and {count} other pods)"),
    };

    private List<string> ExemptionWarning(JsonObject ns, PodSecurityPolicy policy)
    {
        if (!exemptNamespaces.Contains(Name(ns)) || policy.IsPrivileged || policy == defaults)
        {
            return [];
        }

        var labels = Labels(ns);
        var named = ((string Mode, PodSecurityStandard Standard)[])[("enforce", policy.Enforce), ("audit", policy.Audit), ("warn", policy.Warn)];
        var modes = named
            .Where(m => m.Standard.Level != PodSecurityLevel.Privileged)
            .Where(m => labels.ContainsKey(PodSecurityPolicy.LabelPrefix + m.Mode) || labels.ContainsKey($"{PodSecurityPolicy.LabelPrefix}{m.Mode}-version"))
            .Select(m => $"{m.Mode}={m.Standard}");
        return [$"namespace {Quoted.Text(Name(ns))} is exempt from Pod Security, and the policy ({string.Join(", ", modes)}) will be ignored"];
    }

    /// <summary>Of what may change in a pod, only images and further containers are a reason to look at it again.</summary>
    private static bool IsSignificant(JsonObject old, JsonObject pod) =>
        ((string[])["initContainers", "containers", "ephemeralContainers"]).Any(list => !Images(old, list).SequenceEqual(Images(pod, list)));

    private static IEnumerable<(string?, string?)> Images(JsonObject pod, string list) =>
        Json.Objects(Json.Object(pod, "spec"), list).Select(c => (Json.Text(c, "name"), Json.Text(c, "image")));

    private static string Name(JsonObject document) => Json.Text(Json.Object(document, "metadata"), "name") ?? "";

    private static Dictionary<string, string> Labels(JsonObject document) =>
        (Json.Object(Json.Object(document, "metadata"), "labels") ?? []).ToDictionary(l => l.Key, l => l.Value?.ToString() ?? "");
}

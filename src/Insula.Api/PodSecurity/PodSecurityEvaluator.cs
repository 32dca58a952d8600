using System.Text.Json.Nodes;

namespace Insula.Api.PodSecurity;

/// <summary>Runs a pod through the checks of a standard, those of Kubernetes 1.35 and of the versions before.</summary>
public static class PodSecurityEvaluator
{
    /// <summary>The checks the pod does not pass: those of baseline first, then those of restricted.</summary>
    public static IReadOnlyList<PodSecurityViolation> Evaluate(PodSecurityStandard standard, JsonObject pod)
    {
        if (standard.Level == PodSecurityLevel.Privileged)
        {
            return [];
        }

        var view = new PodView(pod);
        IReadOnlyList<PodSecurityCheck> restricted = standard.Level == PodSecurityLevel.Restricted
            ? [.. RestrictedChecks.All.Where(c => c.At(standard.Version) is not null)]
            : [];
        var overridden = restricted.Select(c => c.Overrides).ToHashSet();
        return
        [
            .. BaselineChecks.All.Where(c => !overridden.Contains(c.Id)).Concat(restricted)
                .Select(c => c.At(standard.Version)?.Invoke(view))
                .OfType<PodSecurityViolation>(),
        ];
    }
}

using System.Globalization;
using Insula.Api.Workloads;

namespace Insula.Workloads.Jobs;

/// <summary>When some indexes of a Job are enough.</summary>
internal static class SuccessRules
{
    /// <summary>The words for the first rule that is met; null when none is.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="completions">How many indexes there are.</param>
    /// <param name="succeeded">Indexes that have succeeded.</param>
    public static string? Met(SuccessPolicy? policy, int completions, SortedSet<int> succeeded)
    {
        if (policy is null || succeeded.Count == 0)
        {
            return null;
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            if (IsMet(policy.Rules[i], completions, succeeded))
            {
                return string.Create(CultureInfo.InvariantCulture, $"Matched rules at index {i}");
            }
        }

        return null;
    }

    private static bool IsMet(SuccessPolicyRule rule, int completions, SortedSet<int> succeeded)
    {
        if (rule.SucceededIndexes is not { } indexes)
        {
            return rule.SucceededCount is { } count && succeeded.Count >= count;
        }

        var (contained, named) = IndexSet.Match(indexes, succeeded, completions);
        return named > 0 && (contained == named || (rule.SucceededCount is { } enough && contained >= enough));
    }
}

using Insula.Api.Validation;

namespace Insula.Api.Workloads;

/// <summary>Checks what Jobs say of single indexes, as Kubernetes does (batch/validation), with its texts.</summary>
internal static class JobIndexValidation
{
    private const int MostRules = 20;
    private const int LongestIndexes = 64 * 1024;

    public static void Validate(ErrorList at, JobSpec spec)
    {
        if (spec.MaxFailedIndexes is not null && spec.BackoffLimitPerIndex is null)
        {
            at.Field("backoffLimitPerIndex").Required("when maxFailedIndexes is specified");
        }

        if (spec.CompletionMode != "Indexed")
        {
            const string Mode = "requires indexed completion mode";
            foreach (var (name, number) in (ReadOnlySpan<(string, int?)>)[("backoffLimitPerIndex", spec.BackoffLimitPerIndex), ("maxFailedIndexes", spec.MaxFailedIndexes)])
            {
                if (number is not null)
                {
                    at.Field(name).Invalid(number, Mode);
                }
            }

            if (spec.SuccessPolicy is not null)
            {
                at.Field("successPolicy").Invalid(null, Mode);
            }

            return;
        }

        if (spec.MaxFailedIndexes > spec.Completions)
        {
            at.Field("maxFailedIndexes").Invalid(spec.MaxFailedIndexes, "must be less than or equal to completions");
        }

        if (spec.SuccessPolicy is { } policy)
        {
            Success(at.Field("successPolicy").Field("rules"), policy, spec.Completions ?? 0);
        }
    }

    private static void Success(ErrorList at, SuccessPolicy policy, int completions)
    {
        if (policy.Rules.Count == 0)
        {
            at.Required("at least one rules must be specified when the successPolicy is specified");
        }

        if (policy.Rules.Count > MostRules)
        {
            at.All.Add(FieldError.TooMany(at.Path, policy.Rules.Count, MostRules));
            return;
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            var (rule, field) = (policy.Rules[i], at.Index(i));
            if (rule.SucceededCount is null && rule.SucceededIndexes is null)
            {
                field.Required("at least one of succeededCount or succeededIndexes must be specified");
            }

            var named = 0;
            if (rule.SucceededIndexes is { } text)
            {
                if (text.Length > LongestIndexes)
                {
                    field.All.Add(FieldError.TooLong(field.Field("succeededIndexes").Path, LongestIndexes));
                    continue;
                }

                (named, var complaint) = IndexText.Check(text, completions);
                if (complaint is not null)
                {
                    field.Field("succeededIndexes").Invalid(text, $"error parsing succeededIndexes: {complaint}");
                }
            }

            var count = field.Field("succeededCount");
            count.NotNegative(rule.SucceededCount);
            if (rule.SucceededCount > completions)
            {
                count.Invalid(rule.SucceededCount, $"must be less than or equal to {completions} (the number of specified completions)");
            }

            if (rule.SucceededIndexes is not null && rule.SucceededCount > named)
            {
                count.Invalid(rule.SucceededCount, $"must be less than or equal to {named} (the number of indexes in the specified succeededIndexes field)");
            }
        }
    }
}

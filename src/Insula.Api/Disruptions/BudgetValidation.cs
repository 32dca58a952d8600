using Insula.Api.Selectors;
using Insula.Api.Validation;
using Insula.Api.Values;
using Insula.Api.Workloads;

namespace Insula.Api.Disruptions;

/// <summary>Checks budgets, as Kubernetes does (policy/validation), with its texts.</summary>
public static class BudgetValidation
{
    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(PodDisruptionBudget budget)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var (errors, at) = WorkloadValidation.Begin(budget.Metadata);
        var spec = budget.Spec;
        if (spec.MinAvailable is not null && spec.MaxUnavailable is not null)
        {
            at.Invalid(null, "minAvailable and maxUnavailable cannot be both set");
        }

        Amount(at.Field("minAvailable"), spec.MinAvailable);
        Amount(at.Field("maxUnavailable"), spec.MaxUnavailable);
        if (spec.Selector is { } selector)
        {
            SelectorValidation.Validate(at.Field("selector"), selector);
        }

        return errors;
    }

    private static void Amount(ErrorList at, IntOrString? value)
    {
        switch (value)
        {
            case { IsText: true } text when Portion.Percent(text) is null:
                at.Invalid(text.Text, WorkloadValidation.PercentMessage);
                break;
            case { IsText: true } text when Portion.Percent(text) > 100:
                at.Invalid(text.Text, "must not be greater than 100%");
                break;
            case { IsText: false } number:
                at.NotNegative(number.Number);
                break;
        }
    }
}

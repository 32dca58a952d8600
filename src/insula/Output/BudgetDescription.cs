using System.Globalization;
using Insula.Api.Disruptions;
using Insula.Api.Selectors;

namespace Insula.Cli.Output;

/// <summary>A PodDisruptionBudget in words, in the order of kubectl describe.</summary>
internal static class BudgetDescription
{
    /// <summary>Writes it.</summary>
    public static void Write(Outline at, PodDisruptionBudget budget)
    {
        at.Field("Name", budget.Metadata.Name);
        at.Field("Namespace", budget.Metadata.Namespace);
        if (budget.Spec.MinAvailable is { } least)
        {
            at.Field("Min available", least.ToString());
        }
        else if (budget.Spec.MaxUnavailable is { } most)
        {
            at.Field("Max unavailable", most.ToString());
        }

        at.Field("Selector", budget.Spec.Selector?.ToSelector().ToString() ?? "<unset>");
        at.Field("Unhealthy pods", budget.Spec.UnhealthyPodEvictionPolicy ?? "IfHealthyBudget");
        var status = at.Section("Status");
        status.Field("Allowed disruptions", Number(budget.Status.DisruptionsAllowed));
        status.Field("Current", Number(budget.Status.CurrentHealthy));
        status.Field("Desired", Number(budget.Status.DesiredHealthy));
        status.Field("Total", Number(budget.Status.ExpectedPods));
        if (budget.Status.Conditions.FirstOrDefault(c => !string.IsNullOrEmpty(c.Message)) is { } condition)
        {
            status.Field("Reason", $"{condition.Reason}: {condition.Message}");
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Jobs;

/// <summary>What a Job's podFailurePolicy makes of a pod that has failed.</summary>
internal static class FailurePolicy
{
    /// <summary>FailJob, FailIndex, Ignore or Count, with the words for FailJob.</summary>
    public static (string Action, string Message) Judge(PodFailurePolicy? policy, WorkloadPod pod)
    {
        // One that was deleted before it had an end counts as every other.
        if (pod.Phase != PodPhases.Failed)
        {
            return ("Count", "");
        }

        for (var i = 0; i < (policy?.Rules.Count ?? 0); i++)
        {
            var rule = policy!.Rules[i];
            if (rule.OnExitCodes is { } codes && Exit(codes, pod) is { } exit)
            {
                return (rule.Action, string.Create(CultureInfo.InvariantCulture,
                    $"Container {exit.Container} for pod {pod.Namespace}/{pod.Name} failed with exit code {exit.ExitCode} matching {rule.Action} rule at index {i}"));
            }

            if (rule.OnPodConditions.FirstOrDefault(c => pod.Conditions.Contains((c.Type, string.IsNullOrEmpty(c.Status) ? ConditionStatuses.True : c.Status))) is { } condition)
            {
                return (rule.Action, string.Create(CultureInfo.InvariantCulture,
                    $"Pod {pod.Namespace}/{pod.Name} has condition {condition.Type} matching {rule.Action} rule at index {i}"));
            }
        }

        return ("Count", "");
    }

    private static (string Container, int ExitCode)? Exit(PodFailurePolicyExitCodes codes, WorkloadPod pod)
    {
        foreach (var exit in pod.Exits.Where(e => e.ExitCode != 0 && (string.IsNullOrEmpty(codes.ContainerName) || codes.ContainerName == e.Container)))
        {
            if (codes.Values.Contains(exit.ExitCode) == (codes.Operator == "In"))
            {
                return exit;
            }
        }

        return null;
    }
}

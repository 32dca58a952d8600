using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Cli.Commands;

/// <summary>Which pods a drain ends, by kubectl's rules. Pure.</summary>
/// <param name="Pods">Those that have to end.</param>
/// <param name="Obstacles">What stands against it, each with the option that allows it; when there is any, none is to end.</param>
/// <param name="Warnings">What is passed over, and what is lost.</param>
internal sealed record DrainPlan(IReadOnlyList<JsonObject> Pods, IReadOnlyList<string> Obstacles, IReadOnlyList<string> Warnings)
{
    /// <summary>Judges all pods of the machine.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="ignoreDaemonSets">Whether DaemonSets' pods are passed over.</param>
    /// <param name="deleteEmptyDir">Whether data in emptyDir volumes may go.</param>
    /// <param name="force">Whether pods may go that nobody makes again.</param>
    public static DrainPlan Of(IEnumerable<JsonObject> pods, bool ignoreDaemonSets, bool deleteEmptyDir, bool force)
    {
        var (end, daemons, local, alone) = (new List<JsonObject>(), new List<string>(), new List<string>(), new List<string>());
        foreach (var pod in pods)
        {
            var metadata = pod["metadata"]!;
            if (StaticPodUid.Is((string?)metadata["uid"]))
            {
                continue;
            }

            var name = $"{(string?)metadata["namespace"]}/{(string?)metadata["name"]}";
            if ((string?)pod["status"]?["phase"] is PodPhases.Succeeded or PodPhases.Failed || metadata["deletionTimestamp"] is not null)
            {
                end.Add(pod);
                continue;
            }

            var controller = (metadata["ownerReferences"] as JsonArray ?? []).FirstOrDefault(o => (bool?)o?["controller"] == true);
            if ((string?)controller?["kind"] == "DaemonSet")
            {
                daemons.Add(name);
                continue;
            }

            if (controller is null)
            {
                alone.Add(name);
            }

            if ((pod["spec"]?["volumes"] as JsonArray ?? []).Any(v => v?["emptyDir"] is not null))
            {
                local.Add(name);
            }

            end.Add(pod);
        }

        return new DrainPlan(
            end,
            [
                .. Told(daemons, !ignoreDaemonSets, "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"),
                .. Told(local, !deleteEmptyDir, "cannot delete Pods with local storage (use --delete-emptydir-data to override)"),
                .. Told(alone, !force, "cannot delete Pods that declare no controller (use --force to override)"),
            ],
            [
                .. Told(daemons, ignoreDaemonSets, "ignoring DaemonSet-managed Pods"),
                .. Told(alone, force, "deleting Pods that declare no controller"),
            ]);
    }

    private static IEnumerable<string> Told(List<string> names, bool isSo, string what) => isSo && names.Count > 0 ? [$"{what}: {string.Join(", ", names)}"] : [];
}

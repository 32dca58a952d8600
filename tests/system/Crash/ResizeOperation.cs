using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>The cpu and memory of a running pod change: one container goes on with them, another is started anew for them.</summary>
internal static class ResizeOperation
{
    private const string Name = "resized";
    private const string Anew = "anew";
    private const string Memory = "48Mi";
    private static readonly (string Controller, string[] Files, string[] Values)[] s_limits =
        [("cpu", ["cpu.cfs_quota_us", "cpu.max"], ["6000", "6000 100000"]), ("memory", ["memory.limit_in_bytes", "memory.max"], ["50331648", "50331648"])];

    public static Operation Create() => new("resize", false, false, ResizeAsync, ResizedAsync, MakeAsync, world => world.Insula.DeletePodAsync(Name));

    private static async Task MakeAsync(CrashWorld world)
    {
        var pod = WorkloadOperations.Template(world, Name, "exec sleep 3600", "Always");
        (pod["apiVersion"], pod["kind"], pod["metadata"]!["name"]) = ("v1", "Pod", Name);
        var main = pod["spec"]!["containers"]![0]!;
        main["resources"] = JsonNode.Parse("""{"requests":{"cpu":"20m","memory":"16Mi"},"limits":{"cpu":"40m","memory":"32Mi"}}""");
        var anew = main.DeepClone();
        anew["name"] = Anew;
        anew["resizePolicy"] = JsonNode.Parse("""[{"resourceName":"memory","restartPolicy":"RestartContainer"}]""");
        pod["spec"]!["containers"]!.AsArray().Add(anew);
        await world.Insula.ApplyAsync(pod.ToJsonString());
        await world.Insula.WaitForReadyAsync(Name);
    }

    private static Task<bool> ResizeAsync(CrashWorld world) =>
        world.TryAsync(null, "set", "resources", $"pod/{Name}", "--requests", $"cpu=30m,memory={Memory}", "--limits", $"cpu=60m,memory={Memory}");

    private static async Task ResizedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (!acknowledged)
        {
            await Eventually.TrueAsync(() => ResizeAsync(world), "the change is taken");
        }

        var pod = await world.Insula.WaitForPodAsync(
            Name,
            p => Pods.IsReady(p) && (long)p["metadata"]!["generation"]! == 2 && (long)p["status"]!["observedGeneration"]! == 2
                && !p["status"]!["conditions"]!.AsArray().Any(c => ((string)c!["type"]!).StartsWith("PodResize", StringComparison.Ordinal)),
            "the change is done");
        foreach (var container in (string[])["main", Anew])
        {
            Assert.Equal(Memory, (string?)Pods.Container(pod, container)!["resources"]!["limits"]!["memory"]);
            Assert.Equal(Memory, (string?)Pods.Container(pod, container)!["allocatedResources"]!["memory"]);
            foreach (var (controller, files, values) in s_limits)
            {
                var group = Processes.GroupOf(world.Insula, pod, container, controller)!;
                var which = File.Exists(Path.Combine(group, files[0])) ? 0 : 1;
                Assert.Equal(values[which], (await File.ReadAllTextAsync(Path.Combine(group, files[which]))).Trim());
            }
        }

        // A reboot ends and starts everything, and so does the end of the shim; nothing else may restart the one that goes on.
        if (world.Blow is not (Blow.Reboot or Blow.KillShim))
        {
            Assert.Equal(0, Pods.Restarts(pod, "main"));

            // A start that failed counts as one.
            Assert.InRange(Pods.Restarts(pod, Anew), 1, world.Blow == Blow.Error ? 2 : 1);
        }

        await world.Audit.AssertAgreementAsync("once the pod has its new resources");
    }
}

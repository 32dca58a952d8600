using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>A pod is made whose containers wait for somebody who is attached: one for the end of its input, one for a line at its terminal.</summary>
internal static class AttachOperation
{
    private const string Name = "attached";
    private const string Reader = "reader";
    private const string Terminal = "terminal";

    public static Operation Create() => new(
        "attach", false, false, BeginAsync, FinishAsync, AfterAsync: async world => await world.TryAsync(null, "delete", "pod", Name, "--now", "--ignore-not-found"));

    private static string Manifest => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = Name },
        ["spec"] = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 0,
            ["restartPolicy"] = "OnFailure",
            ["enableServiceLinks"] = false,
            ["containers"] = new JsonArray(Container(Reader, "cat", "stdinOnce"), Container(Terminal, "read line", "tty")),
        },
    }.ToJsonString();

    private static JsonObject Container(string name, string script, string field) => new()
    {
        ["name"] = name,
        ["image"] = "busybox",
        ["imagePullPolicy"] = "IfNotPresent",
        ["command"] = new JsonArray("sh", "-c", script),
        ["stdin"] = true,
        [field] = true,
    };

    private static async Task<bool> BeginAsync(CrashWorld world) =>
        await world.TryAsync(Manifest, "apply", "-f", "-")
        && await world.TryAsync(null, "wait", $"pod/{Name}", "--for=condition=Ready")
        && await SayAsync(world, Reader)
        && await SayAsync(world, Terminal);

    private static Task<bool> SayAsync(CrashWorld world, string container) => world.TryAsync("said\n", "attach", "-i", Name, "-c", container);

    private static async Task FinishAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await world.Insula.Api.FindPodAsync(Name) is null)
        {
            Assert.False(acknowledged, "a pod that was acknowledged is lost");
            await world.Insula.ApplyAsync(Manifest);
        }

        // Whoever has heard it already has ended; who has not waits still, and was not ended by anybody's end.
        await Eventually.TrueAsync(
            async () =>
            {
                var pod = (await world.Insula.Api.FindPodAsync(Name))!;
                foreach (var container in (string[])[Reader, Terminal])
                {
                    if (Pods.IsRunning(pod, container))
                    {
                        await SayAsync(world, container);
                    }
                }

                return Pods.Phase(pod) == "Succeeded";
            },
            "both have been told");
    }
}

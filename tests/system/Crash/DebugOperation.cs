using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>An ephemeral container is added to the running pod, which does not care; it is started once.</summary>
internal static class DebugOperation
{
    private const string Name = "added";

    public static Operation Create() => new("debug", true, true, AddAsync, AddedAsync);

    // With volumes of all kinds, which `debug` has no words for.
    private static JsonObject Container(JsonNode pod) => new()
    {
        ["name"] = Name,
        ["image"] = "busybox",
        ["imagePullPolicy"] = "IfNotPresent",
        ["command"] = new JsonArray("sh", "-c", RichPod.Mark + "exec sleep 3600"),
        ["volumeMounts"] = pod["spec"]!["containers"]![0]!["volumeMounts"]!.DeepClone(),
        ["targetContainerName"] = RichPod.Server,
    };

    private static async Task<bool> AddAsync(CrashWorld world)
    {
        try
        {
            var pod = (await world.FindAsync())!;
            var (code, said) = await world.Insula.Api.SendAsync(
                HttpMethod.Patch, $"/api/v1/namespaces/default/pods/{world.Pod.Name}/ephemeralcontainers",
                new JsonObject { ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(Container(pod)) } }, "application/strategic-merge-patch+json");
            world.Said = said?.ToString() ?? "";
            return code == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The daemon is dying.
            return false;
        }
    }

    private static async Task AddedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if ((await world.FindAsync())!["spec"]!["ephemeralContainers"] is null)
        {
            Assert.False(acknowledged, "a container whose addition was acknowledged is lost");
            await Eventually.TrueAsync(() => AddAsync(world), "it is added");
        }

        // It is not started again, if what it was in has gone, or its start has failed.
        var mayEnd = world.Blow is Blow.KillShim or Blow.Reboot or Blow.Error;
        await world.Insula.WaitForPodAsync(
            world.Pod.Name, p => Status(p)?["state"] is { } state && (state["running"] is not null || (mayEnd && state["terminated"] is not null)), "what was added runs, or has ended with its sandbox or at its start");
        var pod = await world.ReadyAsync();
        Assert.Equal(0, (int)Status(pod)!["restartCount"]!);
        int Starts() => File.ReadAllLines(world.Pod.StartsFile).Count(line => line == $"{Pods.Uid(pod)} {Name}.0");
        if (!mayEnd)
        {
            // It runs from its execve on, and writes this a little later.
            await Eventually.TrueAsync(() => Starts() > 0, "what was added has written that it began");
        }

        Assert.InRange(Starts(), mayEnd ? 0 : 1, 1);
    }

    private static JsonNode? Status(JsonNode pod) =>
        (pod["status"]?["ephemeralContainerStatuses"]?.AsArray() ?? []).SingleOrDefault(s => (string?)s!["name"] == Name);
}

using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>
/// A pod has volumes that last: one by a claim, which is bound when the pod comes, and one that is made for it. Each start leaves a line in both. Then the
/// claim is deleted, which waits for the pod, and the pod.
/// </summary>
internal static class ClaimedPodOperations
{
    private const string Claims = "persistentvolumeclaims";
    private const string Name = "tenant";
    private const string Lasting = "lasting";
    private const string Scratch = "scratch";
    private const string Mark = RichPod.Mark + $"for v in {Lasting} {Scratch}; do echo \"$mark\" >> /$v/starts; done; ";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("move in", false, false, world => world.TryAsync(Manifest(world), "apply", "-f", "-"), MovedInAsync, ApplyClassAsync, RemoveAsync),
        new("move out", false, false, MoveOutAsync, MovedOutAsync, MakeAsync),
    ];

    private static JsonObject Claim => new()
    {
        ["storageClassName"] = "later",
        ["accessModes"] = new JsonArray("ReadWriteOncePod"),
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Mi" } },
    };

    private static string Manifest(CrashWorld world)
    {
        var pod = WorkloadOperations.Template(world, Name, "", "Always");
        (pod["apiVersion"], pod["kind"], pod["metadata"]!["name"]) = ("v1", "Pod", Name);
        var main = pod["spec"]!["containers"]![0]!;
        main["command"] = new JsonArray("sh", "-c", Mark + "exec sleep 3600");
        foreach (var volume in (string[])[Lasting, Scratch])
        {
            main["volumeMounts"]!.AsArray().Add(new JsonObject { ["name"] = volume, ["mountPath"] = $"/{volume}" });
        }

        var volumes = pod["spec"]!["volumes"]!.AsArray();
        volumes.Add(new JsonObject { ["name"] = Lasting, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = Lasting } });
        volumes.Add(new JsonObject { ["name"] = Scratch, ["ephemeral"] = new JsonObject { ["volumeClaimTemplate"] = new JsonObject { ["spec"] = Claim } } });
        var claim = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = new JsonObject { ["name"] = Lasting },
            ["spec"] = Claim,
        };
        return $"{claim.ToJsonString()}\n---\n{pod.ToJsonString()}\n";
    }

    private static async Task ApplyClassAsync(CrashWorld world) => await world.Insula.ApplyAsync(
        """{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"later"},"provisioner":"insula.dev/local","volumeBindingMode":"WaitForFirstConsumer"}""");

    private static async Task MovedInAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await FindAsync(world, Claims, Lasting) is null || await FindAsync(world, "pods", Name) is null)
        {
            Assert.False(acknowledged, "a claim or a pod that was acknowledged is lost");
            await world.Insula.ApplyAsync(Manifest(world));
        }

        var pod = await world.Insula.WaitForReadyAsync(Name);
        foreach (var claim in (string[])[Lasting, $"{Name}-{Scratch}"])
        {
            var volume = (string)(await FindAsync(world, Claims, claim))!["spec"]!["volumeName"]!;
            var file = Path.Combine(world.Insula.Root, "volumes", volume, "starts");

            // The last start may be writing yet.
            await Eventually.TrueAsync(
                () => File.Exists(file) && Marks(world, pod).Order(StringComparer.Ordinal).SequenceEqual(File.ReadAllLines(file).Order(StringComparer.Ordinal)), $"each start has written to the volume of {claim}");
        }

        await world.Audit.AssertAgreementAsync("once the pod has its volumes");
    }

    private static IEnumerable<string> Marks(CrashWorld world, JsonNode pod) =>
        File.ReadAllLines(world.Pod.StartsFile).Where(line => line.StartsWith(Pods.Uid(pod), StringComparison.Ordinal));

    private static async Task MakeAsync(CrashWorld world)
    {
        await ApplyClassAsync(world);
        await world.Insula.ApplyAsync(Manifest(world));
        await MovedInAsync(world, true, null);
    }

    private static async Task<bool> MoveOutAsync(CrashWorld world) =>
        await world.TryAsync(null, "delete", "pvc", Lasting, "--wait=false") && await world.TryAsync(null, "delete", "pod", Name, "--wait=false");

    private static async Task MovedOutAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        foreach (var (resource, name) in ((string, string)[])[(Claims, Lasting), ("pods", Name)])
        {
            if (await FindAsync(world, resource, name) is { } found && found["metadata"]!["deletionTimestamp"] is null)
            {
                Assert.False(acknowledged, "a deletion that was acknowledged is lost");
            }
        }

        await RemoveAsync(world);
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        foreach (var (resource, name) in ((string, string)[])[(Claims, Lasting), ("pods", Name)])
        {
            await world.Insula.Api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/{resource}/{name}");
        }

        await Eventually.TrueAsync(
            async () => await FindAsync(world, "pods", Name) is null && (await world.Insula.Api.GetAsync("/api/v1/persistentvolumeclaims"))["items"]!.AsArray().Count == 0
                && !ClaimOperations.Handles(world.Insula).Any(),
            "the pod is gone, and its claims with their volumes");
    }

    private static async Task<JsonNode?> FindAsync(CrashWorld world, string resource, string name) =>
        (await world.Insula.Api.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/{resource}/{name}")) is { Code: HttpStatusCode.OK } found ? found.Body : null;
}

using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

internal sealed partial class Audit
{
    private static IEnumerable<JsonNode> Volumes(JsonNode pod) => (pod["spec"]!["volumes"]?.AsArray() ?? []).Select(v => v!);

    private static IEnumerable<JsonNode> Containers(JsonNode pod) =>
        ((string[])["initContainers", "containers", "ephemeralContainers"]).SelectMany(of => pod["spec"]![of]?.AsArray() ?? []).Select(c => c!);

    private static IEnumerable<JsonNode> Mounts(JsonNode container) => (container["volumeMounts"]?.AsArray() ?? []).Select(m => m!);

    // The containers that have images as volumes.
    private static IEnumerable<string> WithImages(JsonNode pod)
    {
        var images = Volumes(pod).Where(v => v["image"] is not null).Select(v => (string)v["name"]!).ToHashSet();
        return Containers(pod).Where(c => Mounts(c).Any(m => images.Contains((string)m["name"]!))).Select(c => (string)c["name"]!);
    }

    private async Task CompareVolumesAsync(List<JsonNode> pods, KernelView kernel)
    {
        foreach (var pod in pods)
        {
            foreach (var status in Statuses(pod).Where(s => s["state"]?["running"] is not null))
            {
                var group = $"{Group(pod)}/{(string)status["name"]!}.{(int)status["restartCount"]!}";
                var container = Containers(pod).Single(c => (string)c["name"]! == (string)status["name"]!);
                foreach (var targets in kernel.Processes[group].Select(KernelView.MountsOf).Where(m => m.Count > 0))
                {
                    Same($"mounts of {group}", Mounts(container).Select(m => (string)m["mountPath"]!).Except(targets), []);
                }
            }

            if (pod == pods.Find(p => WithImages(p).Intersect(Running(p).Select(id => id.Split('.')[0])).Any()))
            {
                await CompareImageInUseAsync();
            }
        }

        await CompareClaimsAsync(pods);
    }

    // No container is of this image.
    private async Task CompareImageInUseAsync()
    {
        var removed = await insula.CliAsync("rmi", rich.VolumeImage);
        if (removed.ExitCode == 0 || !removed.Error.Contains("is in use by a pod", StringComparison.Ordinal))
        {
            _found.Add($"images: one that is mounted as a volume can be removed: {removed.Output}{removed.Error}");
        }
    }

    private async Task CompareClaimsAsync(List<JsonNode> pods)
    {
        var claims = (await insula.Api.GetAsync("/api/v1/persistentvolumeclaims"))["items"]!.AsArray().Select(c => c!).ToList();
        var volumes = (await insula.Api.GetAsync("/api/v1/persistentvolumes"))["items"]!.AsArray().Select(v => v!).ToList();
        Same("persistent volumes", volumes.Select(v => (string)v["spec"]!["csi"]!["volumeHandle"]!), Names(Path.Combine(insula.Root, "volumes")).Where(name => name != ".default-class-made"));
        Same("volumes of claims",
            claims.Select(c => $"{c["spec"]!["volumeName"]} {c["metadata"]!["uid"]} {c["status"]?["phase"]}"),
            volumes.Select(v => $"{v["metadata"]!["name"]} {v["spec"]!["claimRef"]?["uid"]} {v["status"]?["phase"]}"));
        Same("claims and volumes that are being deleted", [], claims.Concat(volumes).Where(o => o["metadata"]!["deletionTimestamp"] is not null).Select(o => (string)o["metadata"]!["name"]!));
        Same("pods that claims were made for", claims.SelectMany(c => c["metadata"]!["ownerReferences"]?.AsArray() ?? []).Select(o => (string)o!["uid"]!).Except(pods.Select(Pods.Uid)), []);
    }
}

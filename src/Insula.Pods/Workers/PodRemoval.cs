using Insula.Linux.Files;
using Insula.Volumes.Projects;

namespace Insula.Pods.Workers;

/// <summary>Removes what there is of a pod, known or not.</summary>
internal static class PodRemoval
{
    /// <summary>Removes a sandbox and its network, with a deadline of its own.</summary>
    public static async Task RemoveSandboxAsync(PodServices services, string id)
    {
        using var deadline = new CancellationTokenSource(services.Options.CleanupDeadline, services.Clock);
        var detach = DisconnectAsync(services, id, deadline.Token);
        var destroy = services.Sandboxes.DestroyAsync(id, deadline.Token);
        await Task.WhenAll(detach, destroy);
    }

    /// <summary>Removes a pod's directory tree, which may hold whatever containers made, and gives back what no other pod could have: nothing of the pod
    /// may run any more. One that is not there is fine.</summary>
    public static void RemoveDirectory(PodServices services, string uid)
    {
        var directory = Path.Combine(services.Options.RootDirectory, "pods");
        using var pods = Directories.Open(directory);
        services.Quotas.Removing(DirectoryQuotas.PlacesOf(Path.Combine(directory, uid)), () => RemoveTree.Remove(pods, uid));
        services.UserIds.Release(uid);
        services.Categories.Release(uid);
        services.Claims.Uses.Release(uid);
    }

    private static async Task DisconnectAsync(PodServices services, string id, CancellationToken ct)
    {
        // What holds for its connections holds as long as it has any.
        await services.Network.DetachAsync(id, ct);
        if (services.Policies is { } policies)
        {
            await policies.ForgetAsync(id, ct);
        }
    }
}

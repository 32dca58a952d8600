using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;
using Insula.Pods.UserNamespaces;
using Insula.Sandbox;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Launch;

/// <summary>Whom a container runs as: manifest over image, numbers at the end, <c>runAsNonRoot</c> judged on the final number.</summary>
internal static class ContainerUserId
{
    public static (ProcessUser User, string Home) Of(Pod pod, Container container, Image image)
    {
        var own = container.SecurityContext;
        var shared = pod.Spec.SecurityContext;
        var uid = own?.RunAsUser ?? shared?.RunAsUser;
        var gid = own?.RunAsGroup ?? shared?.RunAsGroup;
        ImageUser user;
        try
        {
            user = uid is { } number
                ? ImageUsers.Resolve(image, Id(container, "runAsUser", number), gid is { } group ? Id(container, "runAsGroup", group) : null)
                : ImageUsers.Resolve(image, image.Config.User);
        }
        catch (ImageException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container {container.Name}: {e.Message}", e);
        }

        if (uid is null && gid is { } only)
        {
            user = user with { Gid = Id(container, "runAsGroup", only) };
        }

        if ((own?.RunAsNonRoot ?? shared?.RunAsNonRoot) == true && user.Uid == 0)
        {
            var name = $"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})";
            throw new LaunchRefusedException(
                Reasons.CreateContainerConfigError,
                uid is null
                    ? $"container has runAsNonRoot and image will run as root (pod: \"{name}\", container: {container.Name}): set runAsUser"
                    : $"container's runAsUser breaks non-root policy (pod: \"{name}\", container: {container.Name})");
        }

        var result = new ProcessUser(user.Uid, user.Gid, Groups(container, shared, user));
        if (pod.Spec.HostUsers == false)
        {
            RequireMapped(container, result);
        }

        return (result, user.Home);
    }

    /// <summary>The kernel's ids as a status tells them.</summary>
    public static LinuxContainerUser? Status(ProcessUser? user) => user is null ? null : new LinuxContainerUser
    {
        Uid = user.Uid,
        Gid = user.Gid,
        SupplementalGroups = [.. user.Groups.Select(group => (long)group)],
    };

    // The kernel knows no other ids inside the pod's user namespace, whoever asks for them: manifest, image or a volume's group.
    private static void RequireMapped(Container container, ProcessUser user)
    {
        foreach (var id in (uint[])[user.Uid, user.Gid, .. user.Groups])
        {
            if (id >= UserIdRange.PerPod)
            {
                throw new LaunchRefusedException(
                    Reasons.CreateContainerConfigError,
                    $"container {container.Name}: {UserIdException.NoSuchId($"user or group {id}").Message}");
            }
        }
    }

    private static List<uint> Groups(Container container, PodSecurityContext? shared, ImageUser user)
    {
        // KEP-3619: with Strict the image's own memberships do not count. The primary group is always among them: a process that
        // changes its group, by a set-group-id program for one, must not lose what a file denies to that group (CVE-2022-2995).
        var groups = new List<uint>(shared?.SupplementalGroupsPolicy == SupplementalGroupsPolicies.Strict ? [user.Gid] : [user.Gid, .. user.Groups]);
        groups.AddRange((shared?.SupplementalGroups ?? []).Select(g => Id(container, "supplementalGroups", g)));
        if (shared?.FsGroup is { } fsGroup)
        {
            groups.Add(Id(container, "fsGroup", fsGroup));
        }

        return [.. groups.Distinct().Order()];
    }

    // 4294967295 is "no change" to the kernel's setuid family and must never be reached by a number.
    private static uint Id(Container container, string field, long number) => number is >= 0 and < uint.MaxValue
        ? (uint)number
        : throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container {container.Name}: {field} {number} is not between 0 and 4294967294");
}

using Insula.Sandbox;

namespace Insula.Pods.UserNamespaces;

/// <summary>The ids of the machine that pods get theirs from, and who has told so.</summary>
/// <param name="Ids">First and count are multiples of <see cref="UserIdRange.PerPod"/>.</param>
/// <param name="Origin">For people: an option, a file, or the default.</param>
internal sealed record UserIdBlock(UserIdRange Ids, string Origin)
{
    /// <summary>The user whose subordinate ids are meant, as the kubelet's are those of <c>kubelet</c>.</summary>
    public const string User = "insula";

    /// <summary>Without an option and without such a user: 4096 pods, in what systemd's list of ids leaves unused
    /// (UIDS-GIDS, 1879048192 to 2147483647); below 2³¹, which some programs take for the end.</summary>
    public static UserIdRange Default { get; } = new(1879048192, 268435456);

    /// <summary>Chooses the block.</summary>
    /// <param name="configured">The daemon's option; null when it is not set.</param>
    /// <param name="files">The machine's users.</param>
    /// <exception cref="UserIdException">The option or the files cannot be used; the message says what to change.</exception>
    public static UserIdBlock Choose(UserIdRange? configured, HostIdFiles files)
    {
        var assigned = Assigned(files);
        if (configured is not null)
        {
            return assigned is null || (configured.First >= assigned.First && configured.Last <= assigned.Last)
                ? new UserIdBlock(Aligned(configured, "--user-ids"), "--user-ids")
                : throw new UserIdException($"--user-ids {configured} goes beyond {assigned}, which is what /etc/subuid gives to the user {User}");
        }

        return assigned is null
            ? new UserIdBlock(Default, "the default")
            : new UserIdBlock(Aligned(assigned, $"the user {User} in /etc/subuid and /etc/subgid"), "/etc/subuid");
    }

    // One line in each file, and the same: users and groups of a pod are mapped alike.
    private static UserIdRange? Assigned(HostIdFiles files)
    {
        var users = Own(files.SubordinateUsers, "/etc/subuid");
        var groups = Own(files.SubordinateGroups, "/etc/subgid");
        return users == groups
            ? users
            : throw new UserIdException($"the user {User} must have the same ids in /etc/subuid ({users?.ToString() ?? "none"}) and /etc/subgid ({groups?.ToString() ?? "none"})");
    }

    private static UserIdRange? Own(string text, string where)
    {
        var lines = text.Split('\n').Count(line => line.StartsWith(User + ":", StringComparison.Ordinal));
        var own = OwnedIds.Subordinate(text).Where(ids => ids.Owner == User).ToList();
        return (lines, own) switch
        {
            (0, _) => null,
            (1, [var only]) => only.Ids,
            _ => throw new UserIdException($"{where} must have one line {User}:FIRST:COUNT for the user {User}"),
        };
    }

    private static UserIdRange Aligned(UserIdRange ids, string whose) =>
        ids.First % UserIdRange.PerPod == 0 && ids.Count % UserIdRange.PerPod == 0
            ? ids
            : throw new UserIdException($"{whose}: {ids} must begin at a multiple of {UserIdRange.PerPod} and have a multiple of {UserIdRange.PerPod} ids, which is what a pod gets");
}

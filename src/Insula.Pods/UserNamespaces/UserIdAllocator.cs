using Insula.Linux;
using Insula.Pods.Workers;
using Insula.Sandbox;

namespace Insula.Pods.UserNamespaces;

/// <summary>Gives each pod with a user namespace ids that no other pod and no user of the machine has.</summary>
internal sealed class UserIdAllocator
{
    /// <summary>The file in a pod's directory: <c>FIRST:COUNT</c>.</summary>
    public const string FileName = "user-ids";

    private readonly PodHoldings<UserIdRange> _held;
    private readonly UserIdRange? _configured;
    private readonly Func<HostIdFiles> _files;
    private uint _next;

    /// <summary>An allocator over the directories of pods.</summary>
    /// <param name="podsDirectory">The directory of the pods' directories.</param>
    /// <param name="configured">The daemon's option; null when it is not set.</param>
    /// <param name="tag">The instance's tag: daemons that share a block begin at different places of it.</param>
    /// <param name="files">Reads the machine's users; asked at each allocation, since users are added and removed.</param>
    public UserIdAllocator(string podsDirectory, UserIdRange? configured, string tag, Func<HostIdFiles> files)
    {
        // A power cut ends whoever has these ids, and volumes on disk bear those of the inside.
        _held = new(podsDirectory, FileName, UserIdRange.TryParse, lasting: false);
        _configured = configured;
        _files = files;
        _next = tag.Length == 0 ? 0 : Convert.ToUInt32(tag, 16);
    }

    /// <inheritdoc cref="PodHoldings{T}.Adopt"/>
    public void Adopt() => _held.Adopt();

    /// <summary>The pod's ids: those it has, or new ones. Its directory must exist.</summary>
    /// <param name="uid">The pod.</param>
    /// <exception cref="UserIdException">There are none to be had.</exception>
    /// <exception cref="LinuxException">They cannot be written down.</exception>
    public UserIdRange Of(string uid) => _held.Of(uid, Choose);

    /// <inheritdoc cref="PodHoldings{T}.Release"/>
    public void Release(string uid) => _held.Release(uid);

    /// <summary>Whether there is a block to give ids from.</summary>
    /// <exception cref="UserIdException">The option or the machine's files cannot be used.</exception>
    public void Check() => _ = UserIdBlock.Choose(_configured, _files());

    /// <summary>The block, for people, with how many pods it still serves.</summary>
    /// <exception cref="UserIdException">It cannot be used.</exception>
    public string Describe()
    {
        var files = _files();
        var block = UserIdBlock.Choose(_configured, files);
        var free = _held.Ask(held => Ranges(block).Count(Free(files, held)));
        return free > 0
            ? $"{block.Ids} ({block.Origin}), free for {free} more pods"
            : throw new UserIdException(NoneLeft(block));
    }

    private UserIdRange Choose(IReadOnlyCollection<UserIdRange> held)
    {
        var files = _files();
        var block = UserIdBlock.Choose(_configured, files);
        var ranges = block.Ids.Count / UserIdRange.PerPod;
        var free = Free(files, held);
        for (uint i = 0; i < ranges; i++)
        {
            // Onwards from the last one, so that ids rest before they are given again.
            var ids = Range(block, (uint)(((ulong)_next + i) % ranges));
            if (free(ids))
            {
                _next = (ids.First - block.Ids.First) / UserIdRange.PerPod + 1;
                return ids;
            }
        }

        throw new UserIdException(NoneLeft(block));
    }

    private static Func<UserIdRange, bool> Free(HostIdFiles files, IReadOnlyCollection<UserIdRange> held)
    {
        var owned = OwnedIds.In(files).Where(ids => ids.Owner != UserIdBlock.User).Select(ids => ids.Ids).ToList();
        return ids => !held.Any(ids.Overlaps) && !owned.Any(ids.Overlaps);
    }

    private static string NoneLeft(UserIdBlock block) =>
        $"no 65536 ids are left in {block.Ids} ({block.Origin}): each pod with hostUsers: false takes as many, and ids of users in /etc/passwd, /etc/group, /etc/subuid and /etc/subgid are left out; set --user-ids";

    private static UserIdRange Range(UserIdBlock block, uint index) => new(block.Ids.First + (index * UserIdRange.PerPod), UserIdRange.PerPod);

    private static IEnumerable<UserIdRange> Ranges(UserIdBlock block)
    {
        for (uint i = 0; i < block.Ids.Count / UserIdRange.PerPod; i++)
        {
            yield return Range(block, i);
        }
    }
}

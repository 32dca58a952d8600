using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Sandbox;

namespace Insula.Pods.UserNamespaces;

/// <summary>
/// Gives each pod with a user namespace ids that no other pod and no user of the machine has. What a pod has is written
/// in its directory and is its until that is gone: so a daemon that is killed leaves it to its successor, and ids come
/// back only when nothing of the pod is left.
/// </summary>
internal sealed class UserIdAllocator
{
    /// <summary>The file in a pod's directory: <c>FIRST:COUNT</c>.</summary>
    public const string FileName = "user-ids";

    private const uint OwnerOnly = 0x180; // 0600

    private readonly Lock _lock = new();
    private readonly string _podsDirectory;
    private readonly UserIdRange? _configured;
    private readonly Func<HostIdFiles> _files;
    private readonly Dictionary<string, UserIdRange> _held = [];
    private uint _next;

    /// <summary>An allocator over the directories of pods.</summary>
    /// <param name="podsDirectory">The directory of the pods' directories.</param>
    /// <param name="configured">The daemon's option; null when it is not set.</param>
    /// <param name="tag">The instance's tag: daemons that share a block begin at different places of it.</param>
    /// <param name="files">Reads the machine's users; asked at each allocation, since users are added and removed.</param>
    public UserIdAllocator(string podsDirectory, UserIdRange? configured, string tag, Func<HostIdFiles> files)
    {
        _podsDirectory = podsDirectory;
        _configured = configured;
        _files = files;
        _next = tag.Length == 0 ? 0 : Convert.ToUInt32(tag, 16);
    }

    /// <summary>Takes up what an earlier daemon gave; before the first allocation.</summary>
    public void Adopt()
    {
        lock (_lock)
        {
            foreach (var directory in Directory.EnumerateDirectories(_podsDirectory))
            {
                if (Read(directory) is { } ids)
                {
                    _held[Path.GetFileName(directory)] = ids;
                }
            }
        }
    }

    /// <summary>The pod's ids: those it has, or new ones. Its directory must exist.</summary>
    /// <param name="uid">The pod.</param>
    /// <exception cref="UserIdException">There are none to be had.</exception>
    /// <exception cref="LinuxException">They cannot be written down.</exception>
    public UserIdRange Of(string uid)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(uid, out var known))
            {
                return known;
            }

            var ids = Choose();
            using var pod = Directories.Open(Path.Combine(_podsDirectory, uid));
            // Not synced: a power cut ends whoever has these ids, and volumes on disk bear those of the inside.
            using var file = Descriptor.OpenAt(pod, FileName, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_TRUNC | fcntl.O_NOFOLLOW, OwnerOnly);
            Failpoint.MayFail("pods.user-ids.unwritten");
            file.WriteAll(System.Text.Encoding.ASCII.GetBytes(ids.ToString()), FileName);
            Failpoint.MayFail("pods.user-ids.written");
            _held[uid] = ids;
            return ids;
        }
    }

    /// <summary>The pod's processes and its directory are gone.</summary>
    /// <param name="uid">The pod; one that has none is fine.</param>
    public void Release(string uid)
    {
        lock (_lock)
        {
            _held.Remove(uid);
        }
    }

    /// <summary>Whether there is a block to give ids from.</summary>
    /// <exception cref="UserIdException">The option or the machine's files cannot be used.</exception>
    public void Check() => _ = UserIdBlock.Choose(_configured, _files());

    /// <summary>The block, for people, with how many pods it still serves.</summary>
    /// <exception cref="UserIdException">It cannot be used.</exception>
    public string Describe()
    {
        lock (_lock)
        {
            var files = _files();
            var block = UserIdBlock.Choose(_configured, files);
            var free = Ranges(block).Count(Free(files));
            return free > 0
                ? $"{block.Ids} ({block.Origin}), free for {free} more pods"
                : throw new UserIdException(NoneLeft(block));
        }
    }

    private UserIdRange Choose()
    {
        var files = _files();
        var block = UserIdBlock.Choose(_configured, files);
        var ranges = block.Ids.Count / UserIdRange.PerPod;
        var free = Free(files);
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

    private Func<UserIdRange, bool> Free(HostIdFiles files)
    {
        var owned = OwnedIds.In(files).Where(ids => ids.Owner != UserIdBlock.User).Select(ids => ids.Ids).ToList();
        return ids => !_held.Values.Any(ids.Overlaps) && !owned.Any(ids.Overlaps);
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

    // One that was cut off while it was written belongs to a pod whose sandbox was not begun.
    private static UserIdRange? Read(string directory)
    {
        const int Longest = 64;
        try
        {
            using var pod = Directories.Open(directory);
            using var file = Descriptor.OpenAt(pod, FileName, fcntl.O_RDONLY | fcntl.O_NOFOLLOW);
            return UserIdRange.TryParse(System.Text.Encoding.ASCII.GetString(file.ReadToEnd(Longest)));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EFBIG)
        {
            return null;
        }
    }
}

using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Pods.Workers;

/// <summary>
/// What each pod has and no other pod may have. It is written in the pod's directory and is the pod's until that is gone: so a daemon
/// that is killed leaves it to its successor, and it is given again only when nothing of the pod is left.
/// </summary>
/// <param name="podsDirectory">The directory of the pods' directories.</param>
/// <param name="fileName">The file in a pod's directory; holds <c>ToString</c> of what the pod has.</param>
/// <param name="parse">Reads it back; null for what is none.</param>
/// <param name="lasting">Whether it outlives a power cut.</param>
internal sealed class PodHoldings<T>(string podsDirectory, string fileName, Func<string, T?> parse, bool lasting)
    where T : class
{
    private const uint OwnerOnly = 0x180; // 0600

    private readonly Lock _lock = new();
    private readonly Dictionary<string, T> _held = [];

    /// <summary>Takes up what an earlier daemon gave; before the first is given.</summary>
    public void Adopt()
    {
        lock (_lock)
        {
            foreach (var directory in Directory.EnumerateDirectories(podsDirectory))
            {
                if (Read(directory) is { } holding)
                {
                    _held[Path.GetFileName(directory)] = holding;
                }
            }
        }
    }

    /// <summary>What the pod has, or gets now. Its directory must exist.</summary>
    /// <param name="uid">The pod.</param>
    /// <param name="choose">Chooses one that is not among those held.</param>
    /// <exception cref="LinuxException">It cannot be written down.</exception>
    public T Of(string uid, Func<IReadOnlyCollection<T>, T> choose)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(uid, out var known))
            {
                return known;
            }

            var holding = choose(_held.Values);
            Write(uid, Encoding.ASCII.GetBytes(holding.ToString()!));
            Failpoint.MayFail("pods.holding.written");
            _held[uid] = holding;
            return holding;
        }
    }

    /// <summary>Asks something of all that is held.</summary>
    public TAnswer Ask<TAnswer>(Func<IReadOnlyCollection<T>, TAnswer> question)
    {
        lock (_lock)
        {
            return question(_held.Values);
        }
    }

    /// <summary>The pod's processes and its directory are gone.</summary>
    /// <param name="uid">The pod; one that has nothing is fine.</param>
    public void Release(string uid)
    {
        lock (_lock)
        {
            _held.Remove(uid);
        }
    }

    private void Write(string uid, byte[] content)
    {
        using var pod = Directories.Open(Path.Combine(podsDirectory, uid));
        if (lasting)
        {
            AtomicFile.Write(pod, fileName, content, OwnerOnly);
            return;
        }

        using var file = Descriptor.OpenAt(pod, fileName, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_TRUNC | fcntl.O_NOFOLLOW, OwnerOnly);
        Failpoint.MayFail("pods.holding.unwritten");
        file.WriteAll(content, fileName);
    }

    // One that was cut off while it was written belongs to a pod whose sandbox was not begun.
    private T? Read(string directory)
    {
        const int Longest = 64;
        try
        {
            using var pod = Directories.Open(directory);
            using var file = Descriptor.OpenAt(pod, fileName, fcntl.O_RDONLY | fcntl.O_NOFOLLOW);
            return parse(Encoding.ASCII.GetString(file.ReadToEnd(Longest)));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EFBIG)
        {
            return null;
        }
    }
}

using System.Globalization;
using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Volumes.Projects;

/// <summary>
/// Limits directories below the daemon's root by quotas of projects, and tells what they take, where its file system has such. Numbers of projects are recorded before they are used, in
/// files of their names, and given back when no directory bears them any more: also those that an earlier daemon died with.
/// </summary>
public sealed class DirectoryQuotas
{
    /// <summary>The first number; a kubelet's. Smaller ones are for administrators.</summary>
    internal const uint First = 1_048_577;

    /// <summary>How many an instance looks through before it takes those of others that are free.</summary>
    internal const uint Window = 1 << 16;

    private const string RecordDirectory = "projects";
    private const int Windows = 1 << 14;

    private readonly Lock _lock = new();
    private readonly IProjectFiles? _files;
    private readonly string _root;
    private readonly uint _start;
    private readonly Func<IReadOnlySet<uint>> _reserved;
    private readonly HashSet<uint> _taken = [];

    internal DirectoryQuotas(string root, string tag, string? lack, IProjectFiles files, Func<IReadOnlySet<uint>> reserved)
    {
        (Lack, _root, _files, _reserved) = (lack, root, lack is null ? files : null, reserved);

        // Several daemons on one disk begin at different places: none has to ask the others.
        _start = First + (uint)(Hash(tag) % Windows * Window);
        if (lack is null)
        {
            Recover();
        }
    }

    /// <summary>Why there are none; null when there are.</summary>
    public string? Lack { get; }

    /// <summary>Finds out whether the file system of the daemon's root has them, and gives back what nobody has any more.</summary>
    /// <param name="root">The daemon's root.</param>
    /// <param name="tag">What tells its instance from others.</param>
    public static DirectoryQuotas Open(string root, string tag)
    {
        using var directory = Directories.Open(root);
        return new DirectoryQuotas(root, tag, ProjectQuota.Lack(directory), new KernelProjects(root), () => ProjectNames.Read("/etc"));
    }

    /// <summary>Limits a directory, and what is or will be in it; one that has something in it and no project cannot be any more.</summary>
    /// <param name="directory">Opened for reading.</param>
    /// <param name="bytes">The most it may take.</param>
    /// <returns>Its project; null where there are none, or it cannot have one any more.</returns>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public uint? Limit(Descriptor directory, long bytes)
    {
        if (_files is null)
        {
            return null;
        }

        lock (_lock)
        {
            var project = _files.ProjectOf(directory);
            if (project == 0)
            {
                if (DirectoryReader.Read(directory).Count > 0)
                {
                    return null;
                }

                project = Take();
                _files.Limit(project, bytes);
                _files.Give(directory, project);
            }
            else if (IsOurs(project) && _files.Read(project).Limit is var now && now != Whole(bytes))
            {
                _files.Limit(project, bytes);
            }

            return IsOurs(project) ? project : null;
        }
    }

    /// <summary>What a directory takes, with everything that is in it or was and is still open; null when that is not known.</summary>
    /// <param name="directory">Opened for reading.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public long? Used(Descriptor directory) => _files is not null && _files.ProjectOf(directory) is var project && IsOurs(project) ? _files.Read(project).Bytes : null;

    /// <summary>Does something that removes directories which may bear projects, and gives back those that none bears then.</summary>
    /// <param name="places">The directories whose direct children may bear some.</param>
    /// <param name="remove">Removes some of them.</param>
    public void Removing(IReadOnlyList<string> places, Action remove)
    {
        ArgumentNullException.ThrowIfNull(remove);
        var before = _files is null ? [] : Borne(places);
        remove();
        if (before.Count > 0)
        {
            before.ExceptWith(Borne(places));
            lock (_lock)
            {
                before.ToList().ForEach(GiveBack);
            }
        }
    }

    /// <summary>The directories of a pod whose children may bear projects.</summary>
    /// <param name="pod">The pod's directory.</param>
    public static IReadOnlyList<string> PlacesOf(string pod) => [Path.Combine(pod, "volumes"), Path.Combine(pod, "logs")];

    // FNV-1a: the same for every daemon of an instance.
    private static uint Hash(string text) => text.Aggregate(2_166_136_261, (hash, c) => (hash ^ c) * 16_777_619);

    // As the kernel keeps it.
    private static long Whole(long bytes) => (bytes + 1023) / 1024 * 1024;

    private bool IsOurs(uint project) => project != 0 && _taken.Contains(project);

    private string Record(uint project) => Path.Combine(_root, RecordDirectory, project.ToString(CultureInfo.InvariantCulture));

    private uint Take()
    {
        var reserved = _reserved();
        for (var project = _start; ; project++)
        {
            if (!_taken.Contains(project) && !reserved.Contains(project) && !_files!.Read(project).IsTaken)
            {
                using (File.Create(Record(project)))
                {
                }

                _taken.Add(project);
                return project;
            }
        }
    }

    private void GiveBack(uint project)
    {
        if (_taken.Contains(project))
        {
            _files!.Limit(project, 0);
            File.Delete(Record(project));
            _taken.Remove(project);
        }
    }

    private void Recover()
    {
        Directory.CreateDirectory(Path.Combine(_root, RecordDirectory));
        var recorded = Directory.GetFiles(Path.Combine(_root, RecordDirectory)).Select(Path.GetFileName)
            .Select(name => uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var project) ? project : 0).Where(p => p != 0).ToList();
        if (recorded.Count == 0)
        {
            return;
        }

        _taken.UnionWith(recorded);
        var pods = Path.Combine(_root, "pods");
        IEnumerable<string> places = Directory.Exists(pods) ? Directory.GetDirectories(pods).SelectMany(PlacesOf) : [];
        var borne = Borne([.. places, Path.Combine(_root, "volumes")]);
        recorded.Where(p => !borne.Contains(p)).ToList().ForEach(GiveBack);
    }

    private HashSet<uint> Borne(IReadOnlyList<string> places)
    {
        var borne = new HashSet<uint>();
        foreach (var place in places.Where(Directory.Exists))
        {
            try
            {
                using var parent = Directories.Open(place);
                foreach (var (name, _) in DirectoryReader.Read(parent))
                {
                    if (Entries.Status(parent, name) is { IsDirectory: true })
                    {
                        using var child = Directories.OpenChild(parent, name);
                        borne.Add(_files!.ProjectOf(child));
                    }
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
            {
                // Gone meanwhile, and with it what it bore.
            }
        }

        return borne;
    }
}

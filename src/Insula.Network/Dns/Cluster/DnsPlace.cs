using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Processes;

namespace Insula.Network.Dns.Cluster;

/// <summary>
/// The servers' directory in the run directory: of each its socket and, once it is recorded, which process it is (number and start time,
/// which no later process has both); and an empty one that they live in.
/// </summary>
internal sealed class DnsPlace : IDisposable
{
    private const string Name = "dns";
    private const string EmptyName = "empty";
    private const string SocketSuffix = ".sock";
    private const string RecordSuffix = ".pid";
    private const uint Private = 0x1C0; // 0700
    private const uint Searchable = 0x140 | 0x2D; // 0555

    private readonly string _path;

    private DnsPlace(string path, Descriptor directory) => (_path, Directory) = (path, directory);

    /// <summary>The directory.</summary>
    public Descriptor Directory { get; }

    /// <summary>The empty one.</summary>
    public string Empty => Path.Combine(_path, EmptyName);

    /// <summary>Opens it, and makes it when it is not there.</summary>
    public static DnsPlace Open(string runDirectory)
    {
        using var run = Directories.Open(runDirectory);
        var place = new DnsPlace(Path.Combine(runDirectory, Name), Directories.Ensure(run, Name, Private));
        Directories.Ensure(place.Directory, EmptyName, Searchable).Dispose();
        return place;
    }

    /// <summary>The name of a server's socket.</summary>
    public static string SocketName(int number) => number.ToString(CultureInfo.InvariantCulture) + SocketSuffix;

    /// <summary>The numbers of servers that have left something, in their order.</summary>
    public IReadOnlyList<int> Numbers() =>
    [
        .. System.IO.Directory.EnumerateFiles(_path).Select(Path.GetFileNameWithoutExtension)
            .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(n => n > 0).Distinct().Order(),
    ];

    /// <summary>The highest of them; 0 when there is none.</summary>
    public int Last() => Numbers() is [.., var last] ? last : 0;

    /// <summary>Records a server's process.</summary>
    public void Record(int number, int pid) => AtomicFile.Write(
        Directory, number.ToString(CultureInfo.InvariantCulture) + RecordSuffix,
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid} {ProcessStat.Read(pid)?.StartTime ?? 0}")));

    /// <summary>The process that was recorded, if it lives.</summary>
    public PidFd? Find(int number)
    {
        var record = Path.Combine(_path, number.ToString(CultureInfo.InvariantCulture) + RecordSuffix);
        if (!File.Exists(record) || File.ReadAllText(record).Split(' ') is not [var pid, var start]
            || !int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var known))
        {
            return null;
        }

        // Opened first, compared afterwards: if the start time is the recorded one, the descriptor is the server's.
        var process = PidFd.TryOpen(known);
        if (process is not null && ProcessStat.Read(known)?.StartTime.ToString(CultureInfo.InvariantCulture) == start)
        {
            return process;
        }

        process?.Dispose();
        return null;
    }

    /// <summary>Removes what a server has left.</summary>
    public void Forget(int number)
    {
        foreach (var suffix in (string[])[SocketSuffix, RecordSuffix])
        {
            File.Delete(Path.Combine(_path, number.ToString(CultureInfo.InvariantCulture) + suffix));
        }
    }

    /// <summary>Removes all of it.</summary>
    public void Remove() => System.IO.Directory.Delete(_path, recursive: true);

    /// <inheritdoc/>
    public void Dispose() => Directory.Dispose();
}

using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Soak;

/// <summary>What a daemon holds, and the kernel for it, while it has no pod.</summary>
/// <param name="Descriptors">Open file descriptors of the daemon.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Memory">Its private memory, in bytes.</param>
/// <param name="Mounts">Mounts of the instance in its mount namespace.</param>
/// <param name="Inotify">Watches and instances of inotify(7) it has.</param>
/// <param name="Cgroups">Control groups of the instance.</param>
/// <param name="Elements">Lines of the instance's nftables ruleset.</param>
/// <param name="Database">Bytes of the daemon's database with its log.</param>
internal sealed record Census(int Descriptors, int Threads, long Memory, int Mounts, int Inotify, int Cgroups, int Elements, long Database)
{
    public static async Task<Census> TakeAsync(Instance instance)
    {
        var process = $"/proc/{instance.DaemonPid}";
        var descriptors = Directory.EnumerateFileSystemEntries($"{process}/fd").Select(d => new FileInfo(d).LinkTarget ?? "").ToList();
        return new Census(
            descriptors.Count,
            int.Parse(Processes.Status(instance.DaemonPid, "Threads"), CultureInfo.InvariantCulture),
            long.Parse(Processes.Status(instance.DaemonPid, "RssAnon").Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
            File.ReadLines($"{process}/mountinfo").Count(line => line.Contains(instance.Base, StringComparison.Ordinal)),
            descriptors.Count(d => d.Contains("inotify", StringComparison.Ordinal)),
            Leaks.Cgroups(instance).Count,
            (await instance.InNetworkAsync("nft", "list", "ruleset")).Succeeded().Count(c => c == '\n'),
            new DirectoryInfo(instance.Root).EnumerateFiles("*.db*").Sum(f => f.Length));
    }
}

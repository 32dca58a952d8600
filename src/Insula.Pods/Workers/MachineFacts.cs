using System.Globalization;
using Insula.Linux.Memory;
using Insula.Pods.Launch;
using Insula.Pods.Scheduling;

namespace Insula.Pods.Workers;

/// <summary>What does not change while the machine and the daemon run.</summary>
/// <param name="BootId">The kernel's id of this boot.</param>
/// <param name="MemoryBytes">The machine's memory.</param>
/// <param name="Capabilities">The daemon's bounding set: what containers can be given.</param>
/// <param name="Processors">How many processors the daemon may use.</param>
/// <param name="DiskBytes">The size of the daemon's disk.</param>
/// <param name="SwapBytes">The machine's swap as the daemon starts.</param>
internal sealed record MachineFacts(string BootId, long MemoryBytes, ulong Capabilities, int Processors, long DiskBytes, long SwapBytes)
{
    /// <summary>The sizes of huge pages that it has, in bytes.</summary>
    public IReadOnlyList<long> PageSizes { get; init; } = HugePagePool.Sizes();

    /// <summary>What is set aside in huge pages just now.</summary>
    public PageAmounts ReadHugePages() => new(PageSizes.Select(size => (size, HugePagePool.Read(size))));

    /// <param name="root">A directory on the daemon's disk.</param>
    public static MachineFacts Read(string root) => new(
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
        ReadMemory("MemTotal:"),
        ContainerCapabilities.OwnBoundingSet(),
        Environment.ProcessorCount,
        new DriveInfo(root).TotalSize,
        ReadMemory("SwapTotal:"));

    private static long ReadMemory(string key)
    {
        var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(key.Length).Trim().TrimEnd("kB").TrimEnd(), CultureInfo.InvariantCulture) * 1024;
    }
}

namespace Insula.Linux.Cgroups;

/// <summary>What a cgroup has read and written on all disks; the page cache's part is not among it until it comes from the disk or goes there.</summary>
/// <param name="ReadBytes">Bytes read.</param>
/// <param name="WrittenBytes">Bytes written.</param>
/// <param name="Reads">Reads done.</param>
/// <param name="Writes">Writes done.</param>
public sealed record DiskUse(long ReadBytes, long WrittenBytes, long Reads, long Writes);

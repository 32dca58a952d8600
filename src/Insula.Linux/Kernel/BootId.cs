namespace Insula.Linux.Kernel;

/// <summary>The identity of this run of the kernel.</summary>
public static class BootId
{
    /// <summary>A UUID that is new after every boot, from /proc/sys/kernel/random/boot_id.</summary>
    public static string Read() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}

namespace Insula.Pods.Launch;

/// <summary>The paths of procfs and sysfs that containers do not see or may not write, as container engines have them.</summary>
internal static class HiddenPaths
{
    private static readonly string[] _everywhere =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
    ];

    public static IReadOnlyList<string> ReadOnly { get; } =
    [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ];

    /// <summary>Those that are hidden. How often each processor was too hot tells neighbours of each other's work; processors come and go, so they are listed anew.</summary>
    public static IReadOnlyList<string> Masked() =>
    [
        .. _everywhere,
        .. Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*").Select(cpu => Path.Combine(cpu, "thermal_throttle")).Where(Directory.Exists),
    ];
}

namespace Insula.Pods.Launch;

/// <summary>The paths of procfs and sysfs that containers do not see or may not write, as container engines have them.</summary>
internal static class ProcPaths
{
    public static IReadOnlyList<string> Masked { get; } =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    public static IReadOnlyList<string> ReadOnly { get; } =
    [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ];
}

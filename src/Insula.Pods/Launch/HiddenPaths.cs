namespace Insula.Pods.Launch;

/// <summary>The paths of procfs and sysfs that containers do not see or may not write, as container engines have them.</summary>
internal static class HiddenPaths
{
    private const string Processors = "/sys/devices/system/cpu";

    private static readonly string[] _everywhere =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
    ];

    private static volatile MaskedPaths _masked = new("", []);

    public static IReadOnlyList<string> ReadOnly { get; } =
    [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ];

    /// <summary>Those that are hidden. How often each processor was too hot tells neighbours of each other's work; processors come and go, so they are listed anew when it is so.</summary>
    public static IReadOnlyList<string> Masked()
    {
        var present = File.ReadAllText(Path.Combine(Processors, "present"));
        var known = _masked;
        if (known.Present != present)
        {
            _masked = known = new(present, [.. _everywhere, .. Directory.EnumerateDirectories(Processors, "cpu*").Select(cpu => Path.Combine(cpu, "thermal_throttle")).Where(Directory.Exists)]);
        }

        return known.Paths;
    }

    private sealed record MaskedPaths(string Present, IReadOnlyList<string> Paths);
}

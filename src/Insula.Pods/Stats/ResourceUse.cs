using Insula.Linux.Cgroups;

namespace Insula.Pods.Stats;

/// <summary>Counters, and the speed of the one that only grows.</summary>
/// <param name="Counters">As the kernel has them.</param>
/// <param name="CpuNanoCores">CPU time used in a second of the window, nanoseconds (10⁹ is one core); null where there was no window, or it began in it.</param>
public sealed record ResourceUse(CgroupStats Counters, long? CpuNanoCores)
{
    private const long NanosecondsPerMicrosecond = 1000;

    /// <summary>The speed between two readings; null when one lacks the counter or no time has passed.</summary>
    /// <param name="before">The earlier reading.</param>
    /// <param name="now">The later one.</param>
    /// <param name="elapsed">The time between them.</param>
    internal static long? Speed(CgroupStats? before, CgroupStats now, TimeSpan elapsed) =>
        now.CpuUsageMicroseconds - before?.CpuUsageMicroseconds is >= 0 and var used && elapsed > TimeSpan.Zero
            ? (long)(used * NanosecondsPerMicrosecond / elapsed.TotalSeconds)
            : null;
}

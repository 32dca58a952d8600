using Insula.Linux;
using Insula.Pods.Launch;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Scheduling;

/// <summary>Has the groups of the classes of pods protect what these request together, as that changes.</summary>
/// <param name="qos">What is protected.</param>
/// <param name="sandboxes">Where the groups are.</param>
/// <param name="said">What was said already.</param>
/// <param name="logger">Tells what was refused.</param>
internal sealed partial class MemoryReservations(MemoryQos qos, SandboxService sandboxes, SaidOnce said, ILogger<MemoryReservations> logger)
{
    /// <summary>Writes it; where memory is on cgroup v1 there is nothing to write.</summary>
    /// <param name="guaranteed">What pods of the class Guaranteed hold.</param>
    /// <param name="burstable">What pods of the class Burstable hold.</param>
    public void Keep(long guaranteed, long burstable)
    {
        if (!sandboxes.IsMemoryUnified)
        {
            if ((qos.Factor is not null || qos.Reserves) && said.First("memory qos"))
            {
                LogLegacy(logger);
            }

            return;
        }

        try
        {
            foreach (var (group, settings) in qos.OfClasses(guaranteed, burstable))
            {
                sandboxes.LimitGroup(group, settings);
            }
        }
        catch (LinuxException e)
        {
            // Pods run without it; the next change writes it again.
            LogRefused(logger, e.Message);
        }

        if (qos.Reserves && said.First("memory reservation") && sandboxes.UnprotectedGroups() is { Count: > 0 } above)
        {
            LogUnprotected(logger, string.Join(", ", above));
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "memory is controlled by cgroup v1 on this machine: memory-throttling-factor and memory-reservation-policy have no effect")]
    private static partial void LogLegacy(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "what pods request of memory cannot be protected: {Why}")]
    private static partial void LogRefused(ILogger logger, string why);

    [LoggerMessage(3, LogLevel.Warning, "memory-reservation-policy protects nothing as long as these groups above do not, see MemoryMin= and MemoryLow= in systemd.resource-control(5): {Groups}")]
    private static partial void LogUnprotected(ILogger logger, string groups);
}

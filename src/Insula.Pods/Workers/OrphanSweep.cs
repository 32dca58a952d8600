using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>Removes sandboxes and directories that belong to no pod, beside everything else: nobody waits for it.</summary>
internal sealed partial class OrphanSweep(PodServices services, ILogger logger)
{
    /// <summary>Removes all that is of a pod which nobody has.</summary>
    /// <param name="known">The sandboxes there are.</param>
    /// <param name="isOrphan">Whether a pod's uid is nobody's.</param>
    public void Sweep(IReadOnlyList<string> known, Func<string, bool> isOrphan)
    {
        var sandboxes = known.ToLookup(id => PodPlaces.ParseSandboxId(id)?.Uid ?? "");
        var directories = Directory.EnumerateDirectories(Path.Combine(services.Options.RootDirectory, "pods")).Select(d => Path.GetFileName(d));
        foreach (var uid in sandboxes.Select(s => s.Key).Union(directories).Where(isOrphan))
        {
            Remove(uid, [.. sandboxes[uid]]);
        }
    }

    /// <summary>Removes what is left of a pod. The directory after the processes: it also holds what tells that their ids are taken.</summary>
    public void Remove(string uid, IReadOnlyList<string> sandboxes)
    {
        LogOrphan(logger, "pod", uid.Length > 0 ? uid : string.Join(", ", sandboxes));
        Run(uid, async () =>
        {
            foreach (var id in sandboxes)
            {
                await PodRemoval.RemoveSandboxAsync(services, id);
            }

            if (uid.Length > 0)
            {
                PodRemoval.RemoveDirectory(services, uid);
            }
        });
    }

    /// <summary>Tells that something stays.</summary>
    public void Failed(string what, Exception exception) => LogSweep(logger, what, exception);

    private void Run(string what, Func<Task> sweep) => _ = Task.Run(async () =>
    {
        try
        {
            await sweep();
        }
        catch (Exception e)
        {
            Failed(what, e);
        }
    });

    [LoggerMessage(Level = LogLevel.Warning, Message = "removing the {Kind} {Name}, which belongs to no pod")]
    private static partial void LogOrphan(ILogger logger, string kind, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} could not be removed; it is tried again at the next start")]
    private static partial void LogSweep(ILogger logger, string what, Exception exception);
}

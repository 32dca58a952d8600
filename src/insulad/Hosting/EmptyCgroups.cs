using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Removes the instance's cgroups at the daemon's end when no pod is there to need them. Pods keep theirs.</summary>
internal sealed partial class EmptyCgroups(CgroupTree cgroups, ObjectStore store, ILogger<EmptyCgroups> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    public async ValueTask DisposeAsync()
    {
        if (store.List("pods", null).Items.Count > 0)
        {
            return;
        }

        try
        {
            await cgroups.RemoveAsync("", Deadline);
        }
        catch (Exception e) when (e is TimeoutException or LinuxException or IOException)
        {
            LogKept(logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the instance's cgroups could not be removed")]
    private static partial void LogKept(ILogger logger, Exception exception);
}

using Insula.Linux;
using Insula.Linux.Cgroups;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Removes the instance's cgroups at the daemon's end when nothing runs that needs them. Pods keep theirs.</summary>
internal sealed partial class EmptyCgroups(CgroupTree cgroups, Func<bool> nothingRuns, ILogger<EmptyCgroups> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    public async ValueTask DisposeAsync()
    {
        if (!nothingRuns())
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

using Insula.Linux;
using Insula.Network.Dns.Cluster;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Ends the DNS server at the daemon's end when nothing runs that would ask it. With pods it goes on.</summary>
internal sealed partial class UnusedDns(ClusterDns dns, Func<bool> nothingRuns, ILogger<UnusedDns> logger) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (!nothingRuns())
        {
            return;
        }

        try
        {
            await dns.EndAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException or LinuxException or IOException)
        {
            LogKept(logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the DNS server could not be ended")]
    private static partial void LogKept(ILogger logger, Exception exception);
}

using System.Threading.Channels;
using Insula.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Tells in an event about the machine who took away what leads to pods and keeps others from them. The network puts it back by itself, and as
/// often as it has to; somebody who does it all the time is told of now and then.
/// </summary>
internal sealed partial class TamperingEvents(ChannelReader<string> tampering, ObjectEvents events, TimeProvider time, ILogger<TamperingEvents> logger) : BackgroundService
{
    private const string Reason = "FirewallTampered";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>A place for what is to be told next; what comes while it is taken is like it, and in the log.</summary>
    public static Channel<string> NewQueue() => Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var what in tampering.ReadAllAsync(stoppingToken))
            {
                await TellAsync(what, stoppingToken);
                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task TellAsync(string what, CancellationToken ct)
    {
        try
        {
            await events.TellOfMachineAsync("Warning", Reason, $"{what}; pods were cut off until it was put back", ct);
        }
        catch (StoreException e)
        {
            LogUntold(what, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "no event was written about this: {What}: {Reason}")]
    private partial void LogUntold(string what, string reason);
}

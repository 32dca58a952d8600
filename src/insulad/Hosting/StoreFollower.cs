using Insula.Network;
using Insula.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Follows the store for as long as the daemon serves. What the disk or the kernel refuses is begun anew from the present; it ends no daemon.</summary>
/// <param name="what">What is done, for the log.</param>
/// <param name="time">The time.</param>
/// <param name="logger">Where to log.</param>
internal abstract partial class StoreFollower(string what, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The time.</summary>
    protected TimeProvider Time => time;

    /// <summary>Looks at all there is, and then at changes; ends with the exception that ended the watch.</summary>
    protected abstract Task RunAsync(CancellationToken ct);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.Closed)
            {
                return;
            }
            catch (Exception e) when (e is StoreException or NetworkException or IOException)
            {
                // A full disk, a kernel that refused, or a watch that fell behind: not again at once in a loop.
                LogAgain(logger, what, e.Message);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(100, LogLevel.Warning, "{What} is begun again: {Reason}")]
    private static partial void LogAgain(ILogger logger, string what, string reason);
}

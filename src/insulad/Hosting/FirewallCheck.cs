using Insula.Linux.Kernel;
using Insula.Network;
using Insula.Network.Firewall;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Sends packets through the host's forward hook, once after the start and for <c>system check</c>, and says which
/// foreign firewall drops them. It stands beside the start, not in its way: pods start however it ends.
/// </summary>
internal sealed partial class FirewallCheck(HostFirewall firewall, ILogger<FirewallCheck> logger) : BackgroundService
{
    private const string Disables = "traffic between pods, and from pods to the outside";

    /// <summary>The result as one line of <c>system check</c>.</summary>
    public async Task<KernelFeature> CheckAsync(CancellationToken ct)
    {
        try
        {
            var result = await firewall.CheckForwardAsync(ct);
            return new KernelFeature("forwarding", result.Passes, Required: false, result.Message, Disables);
        }
        catch (Exception e) when (e is NetworkException or Insula.Linux.LinuxException)
        {
            return new KernelFeature("forwarding", Available: false, Required: false, $"could not be tried: {e.Message}", Disables);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var result = await CheckAsync(stoppingToken);
            if (!result.Available)
            {
                LogLost(result.Detail);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it was done.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Message}")]
    private partial void LogLost(string message);
}

using System.Net.Sockets;

namespace Insula.Pods.Probes;

/// <summary>A TCP probe: the port accepts a connection.</summary>
internal static class TcpProber
{
    public static async Task<ProbeResult> ProbeAsync(PodSockets sockets, ProbeTarget target, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = await sockets.ConnectAsync(target, cancellationToken);
            return ProbeResult.Success;
        }
        catch (SocketException e)
        {
            return ProbeResult.Failure($"dial tcp {target.Host}:{target.Port}: {Words(e)}");
        }
        catch (OperationCanceledException)
        {
            return ProbeResult.Failure($"dial tcp {target.Host}:{target.Port}: i/o timeout");
        }
    }

    /// <summary>The failure in the words users know.</summary>
    public static string Words(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.ConnectionReset => "connection reset by peer",
        SocketError.TimedOut => "i/o timeout",
        SocketError.HostNotFound => "no such host",
        _ => e.Message,
    };
}

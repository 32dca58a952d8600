using System.Net.Sockets;
using Insula.Linux;

namespace Insula.Pods.Probes;

/// <summary>A TCP probe: the port accepts a connection.</summary>
internal static class TcpProber
{
    public static async Task<ProbeResult> ProbeAsync(PodSockets sockets, ProbeTarget target, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await sockets.OpenAsync(target, cancellationToken);
            return ProbeResult.Success;
        }
        catch (Exception e) when (e is SocketException or LinuxException)
        {
            return ProbeResult.Failure($"dial tcp {target.Host}:{target.Port}: {Words(e)}");
        }
        catch (OperationCanceledException)
        {
            return ProbeResult.Failure($"dial tcp {target.Host}:{target.Port}: i/o timeout");
        }
    }

    /// <summary>The failure in the words users know.</summary>
    public static string Words(Exception exception) => exception switch
    {
        LinuxException { Errno: Errno.ETIMEDOUT } => "i/o timeout",
        LinuxException e => $"{e.Operation}: {Lower(ErrnoNames.Describe((int)e.Errno))}",
        SocketException e => e.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connect: connection refused",
            SocketError.HostUnreachable => "connect: no route to host",
            SocketError.NetworkUnreachable => "connect: network is unreachable",
            SocketError.ConnectionReset => "connection reset by peer",
            SocketError.TimedOut => "i/o timeout",
            SocketError.HostNotFound => "no such host",
            _ => e.Message,
        },
        _ => exception.Message,
    };

    private static string Lower(string sentence) => sentence.Length > 0 ? char.ToLowerInvariant(sentence[0]) + sentence[1..] : sentence;
}

using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Streaming;

namespace Insula.Pods.Workers;

/// <summary>Connections to pods' ports from inside their network namespace, where no policy and no Service stands between.</summary>
internal static class PodConnector
{
    /// <summary>A pod that drops what comes in answers nothing; the kernel itself would wait for minutes.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static async Task<Socket> ConnectAsync(PodWorker worker, PodConnectRequest request, CancellationToken cancellationToken)
    {
        var (pod, seen, sandbox) = worker.Current;
        if (sandbox is null || seen.Sandbox.Stage != SandboxStage.Ready || !seen.Containers.Values.Any(c => c.IsLive))
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod} is not running: its phase is {pod.Status.Phase}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            return await ConnectAsync(worker.Sockets, pod.Spec.HostNetwork ? null : sandbox.NetworkNamespace, Addresses(seen), request, deadline.Token);
        }
        catch (SocketException e)
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod}, {What(request)}: {TcpProber.Words(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod}, {What(request)}: i/o timeout", e);
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod} has just ended: {e.Message}", e);
        }
    }

    private static string What(PodConnectRequest request) => request.LocalName is { } name ? $"socket @{name}" : $"port {request.Port}";

    // What listens on the loopback alone is reached, as in Kubernetes; what listens on the pod's address alone, too.
    private static List<IPAddress> Addresses(PodObservation seen) =>
        [IPAddress.Loopback, IPAddress.IPv6Loopback, .. seen.Sandbox.Addresses.Select(IPAddress.Parse)];

    private static async Task<Socket> ConnectAsync(
        PodSockets sockets, Descriptor? space, List<IPAddress> addresses, PodConnectRequest request, CancellationToken cancellationToken)
    {
        if (request.LocalName is { } name)
        {
            return await sockets.ConnectAsync(space, name, cancellationToken);
        }

        SocketException? refused = null;
        foreach (var address in addresses)
        {
            try
            {
                return await sockets.ConnectAsync(space, address, request.Port, cancellationToken);
            }
            catch (SocketException e)
            {
                // The first is what most programs listen on: its reason tells most.
                refused ??= e;
            }
        }

        throw refused!;
    }
}

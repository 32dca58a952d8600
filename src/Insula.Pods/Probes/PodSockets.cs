using System.Net;
using System.Net.Sockets;
using Insula.Linux.Processes;

namespace Insula.Pods.Probes;

/// <summary>
/// Connects from inside a pod's network namespace, so that a probe uses none of the host's ports and connection
/// tracking, and reaches a pod that nothing outside may reach.
/// </summary>
internal sealed class PodSockets(NamespaceThread thread)
{
    public async Task<Socket> ConnectAsync(ProbeTarget target, CancellationToken cancellationToken)
    {
        if (!IPAddress.TryParse(target.Host, out var address))
        {
            var found = await System.Net.Dns.GetHostAddressesAsync(target.Host, cancellationToken);
            address = found.Length > 0 ? found[0] : throw new SocketException((int)SocketError.HostNotFound);
        }

        var socket = target.Namespace is { } space
            ? await thread.RunAsync(space, () => Create(address.AddressFamily))
            : Create(address.AddressFamily);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, target.Port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Create(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,

        // Closing resets the connection: thousands of probes leave no TIME_WAIT behind.
        LingerState = new LingerOption(true, 0),
    };
}

using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Processes;

namespace Insula.Pods.Probes;

/// <summary>
/// Connects from inside a pod's network namespace, so that a probe uses none of the host's ports and connection
/// tracking, and reaches a pod that nothing outside may reach.
/// </summary>
internal sealed class PodSockets(NamespaceThread thread)
{
    /// <summary>Length of an address of a Unix socket without its family (unix(7)).</summary>
    private const int AbstractLength = 108;

    public async Task<Socket> ConnectAsync(ProbeTarget target, CancellationToken cancellationToken)
    {
        if (!IPAddress.TryParse(target.Host, out var address))
        {
            var found = await System.Net.Dns.GetHostAddressesAsync(target.Host, cancellationToken);
            address = found.Length > 0 ? found[0] : throw new SocketException((int)SocketError.HostNotFound);
        }

        var socket = await ConnectAsync(target.Namespace, address, target.Port, cancellationToken);

        // Closing resets the connection: thousands of probes leave no TIME_WAIT behind.
        socket.LingerState = new LingerOption(true, 0);
        return socket;
    }

    /// <summary>A connection that ends as every other.</summary>
    /// <param name="networkNamespace">Where it is made; null for the host's.</param>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">It was not made.</exception>
    public async Task<Socket> ConnectAsync(Descriptor? networkNamespace, IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = networkNamespace is { } space
            ? await thread.RunAsync(space, () => Create(address.AddressFamily))
            : Create(address.AddressFamily);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection to an abstract Unix socket: such names belong to network namespaces.</summary>
    /// <param name="networkNamespace">Whose name it is; null for the host's.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">It was not made.</exception>
    public async Task<Socket> ConnectAsync(Descriptor? networkNamespace, string name, CancellationToken cancellationToken)
    {
        // HAProxy and some others fill the address up with NULs, which count.
        var address = new UnixDomainSocketEndPoint(("\0" + name).PadRight(AbstractLength, '\0'));
        var socket = networkNamespace is { } space ? await thread.RunAsync(space, CreateLocal) : CreateLocal();
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket CreateLocal() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static Socket Create(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
}

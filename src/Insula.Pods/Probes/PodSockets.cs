using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Sockets;

namespace Insula.Pods.Probes;

/// <summary>
/// Connects from inside a pod's network namespace, so that a probe uses none of the host's ports and connection
/// tracking, and reaches a pod that nothing outside may reach.
/// </summary>
internal sealed class PodSockets(SocketLoop loop)
{
    /// <summary>Length of an address of a Unix socket without its family (unix(7)).</summary>
    private const int AbstractLength = 108;

    /// <summary>A connection for a probe: who began on the loop's thread stays there, and may neither block nor compute for long.</summary>
    /// <exception cref="LinuxException">It was not made.</exception>
    /// <exception cref="SocketException">The name is nobody's.</exception>
    public async Task<Stream> OpenAsync(ProbeTarget target, CancellationToken cancellationToken) =>
        await loop.ConnectAsync(target.Namespace, await AddressAsync(target, cancellationToken), target.Port, cancellationToken);

    /// <summary>A connection for a probe, for those whose protocol has to compute.</summary>
    /// <exception cref="SocketException">It was not made.</exception>
    public async Task<Socket> ConnectAsync(ProbeTarget target, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(target.Namespace, await AddressAsync(target, cancellationToken), target.Port, cancellationToken);

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
            ? await loop.RunInsideAsync(space, () => Create(address.AddressFamily))
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
        var socket = networkNamespace is { } space ? await loop.RunInsideAsync(space, CreateLocal) : CreateLocal();
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

    private static async ValueTask<IPAddress> AddressAsync(ProbeTarget target, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(target.Host, out var address))
        {
            return address;
        }

        var found = await System.Net.Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        return found.Length > 0 ? found[0] : throw new SocketException((int)SocketError.HostNotFound);
    }

    private static Socket CreateLocal() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static Socket Create(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
}

using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Linux.Processes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>A network namespace, mostly of the test's own; it ends with its last descriptor.</summary>
internal sealed class TestNamespace : IDisposable
{
    private readonly NamespaceThread _thread = new();

    public TestNamespace()
    {
        Descriptor? made = null;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                made = sched.unshare(sched.CLONE_NEWNET) == 0
                    ? Descriptor.Open("/proc/thread-self/ns/net", fcntl.O_RDONLY)
                    : throw LinuxException.FromLastError("unshare");
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Net = made ?? throw new InvalidOperationException("no network namespace could be made", failure);
    }

    private TestNamespace(Descriptor net) => Net = net;

    /// <summary>Makes a namespace that exists reachable for a test: a pod's, by <c>/proc/PID/ns/net</c>, or an instance's.</summary>
    public static TestNamespace Open(string path) => new(Descriptor.Open(path, fcntl.O_RDONLY));

    public Descriptor Net { get; }

    public string Path => $"/proc/{Environment.ProcessId}/fd/{Net.Value}";

    /// <summary>Runs a shell command inside; it must succeed.</summary>
    public async Task<string> ShAsync(string command) =>
        (await Commands.RunAsync("nsenter", [$"--net={Path}", "sh", "-ec", command])).Succeeded();

    public Task<Socket> SocketAsync(SocketType type = SocketType.Stream, AddressFamily family = AddressFamily.InterNetwork) =>
        _thread.RunAsync(Net, () => new Socket(family, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp));

    /// <summary>A raw IPv4 socket, which gets every packet of a protocol with its IP header.</summary>
    public Task<Socket> RawSocketAsync(int protocol) => _thread.RunAsync(Net, () => new Socket(new SafeSocketHandle(
        sys_socket.socket(sys_socket.AF_INET, sys_socket.SOCK_RAW | sys_socket.SOCK_CLOEXEC, protocol) is var descriptor && descriptor >= 0
            ? descriptor : throw LinuxException.FromLastError("socket SOCK_RAW"), ownsHandle: true)));

    public async Task<Socket> ListenAsync(IPAddress address, int port = 0)
    {
        Socket socket = await SocketAsync(SocketType.Stream, address.AddressFamily);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen();
        return socket;
    }

    /// <summary>Connects from here to a listener; null when nothing answered within the time.</summary>
    public async Task<Socket?> TryConnectAsync(EndPoint target, TimeSpan deadline)
    {
        Socket socket = await SocketAsync(SocketType.Stream, target.AddressFamily);
        using CancellationTokenSource limit = new(deadline);
        try
        {
            await socket.ConnectAsync(target, limit.Token);
            return socket;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Connects and returns the address by which the listener knows the connecting side.</summary>
    public async Task<IPAddress> ConnectAsync(Socket listener, IPAddress? address = null)
    {
        IPEndPoint target = new(address ?? ((IPEndPoint)listener.LocalEndPoint!).Address, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using Socket? client = await TryConnectAsync(target, TimeSpan.FromSeconds(5));
        Assert.True(client is not null, $"no connection to {target}");
        using Socket server = await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(5));
        return ((IPEndPoint)server.RemoteEndPoint!).Address;
    }

    public void Dispose()
    {
        Net.Dispose();
        _thread.Dispose();
    }
}

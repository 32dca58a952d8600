using System.Net.Sockets;
using System.Text;
using Insula.Images;
using Insula.Network.Services;
using Insula.Pods.Images;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http.Extra;
using Insulad.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;

namespace Insula.Fuzz;

/// <summary>A request as bytes on a Unix socket, to the API with a store that nothing works on: whatever comes, it answers and goes on.</summary>
internal sealed class HttpTarget
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    private readonly string _socket;

    public HttpTarget()
    {
        var directory = Directory.CreateTempSubdirectory("insula-fuzz-").FullName;
        _socket = Path.Combine(directory, "insula.sock");
        var images = ImageStore.Open(new ImageOptions { Directory = Path.Combine(directory, "images"), Ownership = LayerOwnership.CurrentUser });
        var store = ObjectStore.Open(new StoreOptions { Directory = directory, ReserveBytes = 0 }, TimeProvider.System, _ => { });
        StoreSetup.EnsureBuiltInAsync(store, CancellationToken.None).GetAwaiter().GetResult();
        var app = ApiHost.Build(
            new DaemonOptions { Root = directory, Run = directory, Socket = _socket },
            new ApiParts
            {
                Store = store,
                Pods = new FakePods(),
                Drivers = [],
                Images = images,
                Collector = new ImageCollector(images, () => new HashSet<string>(), new ImageCollectionRules(), () => (1, 1), TimeProvider.System, NullLogger<ImageCollector>.Instance),
                Services = new ServiceAllocator(new ServiceRange(System.Net.IPNetwork.Parse("10.43.0.0/16")), null, PortRange.NodePorts, [], (_, _) => null),
                Checks = new SystemChecks([]),
                Notifier = new SystemdNotifier(null, null, null),
                Time = TimeProvider.System,
                Sockets = [(ApiSocket.Bind(_socket, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR, null), false)],
            },
            logging: new Insulad.Logging.LineLoggerProvider(new Insulad.Logging.LogOutput(Stream.Null), Insulad.Logging.LineStyle.Plain, TimeProvider.System));
        app.StartAsync().GetAwaiter().GetResult();
    }

    public void Request(byte[] input)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)_deadline.TotalMilliseconds };
        socket.Connect(new UnixDomainSocketEndPoint(_socket));
        var answer = new byte[65536];
        var count = 0;
        try
        {
            socket.Send(input);
            socket.Shutdown(SocketShutdown.Send);
            for (int read; count < answer.Length && (read = socket.Receive(answer.AsSpan(count))) > 0; count += read)
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // It had enough.
        }

        var status = Encoding.ASCII.GetString(answer, 0, Math.Min(count, 16));
        Targets.Check(!status.StartsWith("HTTP/1.1 500", StringComparison.Ordinal), $"no request is an internal error: {Encoding.UTF8.GetString(answer, 0, count)}");
    }
}

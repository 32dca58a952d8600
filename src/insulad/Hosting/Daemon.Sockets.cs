using System.Net.Sockets;
using Mono.Unix.Native;

namespace Insulad.Hosting;

/// <content>What the daemon listens on.</content>
internal sealed partial class Daemon
{
    private const FilePermissions SocketMode = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP | FilePermissions.S_IWGRP;

    private List<(ApiSocket, bool)> Bind()
    {
        var sockets = new List<(ApiSocket, bool)> { (Keep(ApiSocket.Bind(_options.SocketPath, SocketMode, GroupId("group", _options.Group))), false) };
        if (_options.ReadOnlySocket is { } path)
        {
            sockets.Add((Keep(ApiSocket.Bind(path, SocketMode, GroupId("read-only-group", _options.ReadOnlyGroup))), true));
        }

        return sockets;
    }

    private Socket? BindMetrics()
    {
        if (_options.MetricsListen is not { } endpoint)
        {
            return null;
        }

        var socket = Keep(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException e)
        {
            throw new StartupException($"--metrics-listen {endpoint}: {e.Message}: choose another address or port, or leave it out");
        }
    }

    private static uint? GroupId(string option, string? name)
    {
        if (name is null)
        {
            return null;
        }

        return Syscall.getgrnam(name) is { } group
            ? group.gr_gid
            : throw new StartupException($"--{option}: there is no group {name}: make it with `groupadd --system {name}`, or choose another");
    }
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Insulad.Hosting;

/// <summary>
/// Tells the service manager how the daemon is, as sd_notify(3) does: datagrams to the socket that
/// <c>NOTIFY_SOCKET</c> names. Without one it does nothing.
/// </summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;

    public SystemdNotifier(string? address, string? watchdogMicroseconds, string? watchdogPid)
    {
        if (string.IsNullOrEmpty(address) || (address[0] != '/' && address[0] != '@'))
        {
            return;
        }

        var path = address[0] == '@' ? "\0" + address[1..] : address;

        // A manager that hangs leaves its queue full, and a full queue blocks: the daemon's work and its end must not wait for it.
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = 1000 };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // As sd_notify itself: a manager that does not listen is no reason not to serve.
            socket.Dispose();
            return;
        }

        _socket = socket;
        var mine = string.IsNullOrEmpty(watchdogPid) || watchdogPid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (mine && long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0)
        {
            WatchdogInterval = TimeSpan.FromMicroseconds(microseconds);
        }
    }

    /// <summary>How often the manager wants to hear that the daemon lives; null when it does not ask.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>From the environment the manager set.</summary>
    public static SystemdNotifier FromEnvironment() => new(
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET"),
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"),
        Environment.GetEnvironmentVariable("WATCHDOG_PID"));

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public void Stopping() => Send("STOPPING=1\nSTATUS=stopping; pods go on");

    public void Watchdog() => Send("WATCHDOG=1");

    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(message));
        }
        catch (SocketException)
        {
            // The manager is being restarted itself, or hangs; the next message may find it again.
        }
    }
}

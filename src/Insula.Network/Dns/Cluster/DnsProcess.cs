using System.Globalization;
using Insula.Dns.Control;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;

namespace Insula.Network.Dns.Cluster;

/// <summary>A living server and the connection to it. Its end is not the server's.</summary>
internal sealed class DnsProcess : IDisposable
{
    private static readonly TimeSpan _greeting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(7);

    private readonly EventLoop _events;
    private readonly SeqPacketSocket _socket;
    private ulong _number;

    private DnsProcess(EventLoop events, int number, PidFd process, SeqPacketSocket socket, byte[] build, IReadOnlyList<Descriptor> sockets)
    {
        (_events, Number, Process, _socket, Build, Sockets) = (events, number, process, socket, build, sockets);
    }

    /// <summary>Which server it is, of those there were since the run directory was made.</summary>
    public int Number { get; }

    /// <summary>The process.</summary>
    public PidFd Process { get; }

    /// <summary>Which program it is.</summary>
    public byte[] Build { get; }

    /// <summary>Its UDP and its TCP socket, as copies.</summary>
    public IReadOnlyList<Descriptor> Sockets { get; }

    /// <summary>The pipe whose end, before the first commit, is the server's.</summary>
    public Descriptor? Leash { get; set; }

    /// <summary>Connects to a server that listens, or is about to.</summary>
    /// <param name="events">The daemon's loop.</param>
    /// <param name="directory">Where its socket is.</param>
    /// <param name="number">Its number.</param>
    /// <param name="process">Its process, which becomes this one's.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="LinuxException">Nobody listens, or it ended.</exception>
    /// <exception cref="InvalidDataException">It speaks in another way.</exception>
    public static async Task<DnsProcess> ConnectAsync(EventLoop events, Descriptor directory, int number, PidFd process, CancellationToken ct)
    {
        var socket = SeqPacketSocket.Connect(directory, DnsPlace.SocketName(number));
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(_greeting);
            var hello = await socket.ReceiveAsync(events, deadline.Token).ConfigureAwait(false)
                ?? throw new LinuxException("greet the DNS server", null, Errno.ECONNRESET);
            if (ControlText.ReadHello(hello.Data) is not { } build || hello.Descriptors.Count != 2)
            {
                hello.Dispose();
                throw new InvalidDataException("the DNS server is of another version");
            }

            return new DnsProcess(events, number, process, socket, build, hello.Descriptors);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            socket.Dispose();
            throw new LinuxException("greet the DNS server", null, Errno.ETIMEDOUT);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a packet that is done at once, with a descriptor or none.</summary>
    /// <exception cref="LinuxException">The server ended, or refused an earlier one.</exception>
    public Task SendAsync(byte[] packet, Descriptor? descriptor, CancellationToken ct) =>
        _socket.SendAsync(_events, packet, descriptor is null ? null : [descriptor], ct);

    /// <summary>Sends packets and has them done together. Returns when the server serves what they say.</summary>
    /// <exception cref="LinuxException">The server ended, or refused them.</exception>
    public async Task CommitAsync(IEnumerable<byte[]> packets, CancellationToken ct)
    {
        foreach (var packet in packets)
        {
            await _socket.SendAsync(_events, packet, null, ct).ConfigureAwait(false);
        }

        var number = ++_number;
        await _socket.SendAsync(_events, ControlText.Of(ControlPacket.Commit, number), null, ct).ConfigureAwait(false);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(_greeting);
        try
        {
            using var answer = await _socket.ReceiveAsync(_events, deadline.Token).ConfigureAwait(false);
            if (answer is null || ControlText.ReadNumber(answer.Data, ControlPacket.Done) != number)
            {
                throw new LinuxException("change the DNS server's table", null, Errno.ECONNRESET);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new LinuxException("change the DNS server's table", null, Errno.ETIMEDOUT);
        }
    }

    /// <summary>Has it answer those that wait, and end; one that does not is killed.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        try
        {
            await _socket.SendAsync(_events, ControlText.Of(ControlPacket.Stop), null, ct).ConfigureAwait(false);
        }
        catch (LinuxException)
        {
            // It is gone, or will be.
        }

        Failpoint.Hit("dns.stop.told");
        await EndAsync(Process, _events, _farewell, ct).ConfigureAwait(false);
    }

    /// <summary>Ends it, whoever waits for an answer.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        Process.Signal(15);
        Failpoint.Hit("dns.end.signalled");
        await EndAsync(Process, _events, _farewell, ct).ConfigureAwait(false);
    }

    /// <summary>Waits for a process's end, and helps when it takes too long.</summary>
    public static async Task EndAsync(PidFd process, EventLoop events, TimeSpan patience, CancellationToken ct)
    {
        using (var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct))
        {
            deadline.CancelAfter(patience);
            try
            {
                await process.WaitForExitAsync(events, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                process.Signal(9);
                await process.WaitForExitAsync(events, ct).ConfigureAwait(false);
            }
        }

        Reap(process);
    }

    /// <summary>What is our child is not left behind; what an earlier daemon started was inherited by others.</summary>
    public static void Reap(PidFd process)
    {
        try
        {
            process.TryReap();
        }
        catch (LinuxException e) when (e.Errno == Errno.ECHILD)
        {
            // Not ours.
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"process {Process.Pid}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        Leash?.Dispose();
        foreach (var socket in Sockets)
        {
            socket.Dispose();
        }

        Process.Dispose();
    }
}

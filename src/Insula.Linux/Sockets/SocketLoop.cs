using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Linux.Sockets;

/// <summary>
/// One thread for many short connections made inside network namespaces. It makes them, waits for them over one epoll(7) instance, keeps
/// timers, and runs by itself what follows: a request with its answer wakes it twice, where tasks of a pool pass it from thread to thread,
/// each of which has to be woken. So nothing that follows may block, or compute for long.
/// </summary>
/// <remarks>As a <see cref="TimeProvider"/> it calls timers on its thread; its time is the machine's.</remarks>
public sealed class SocketLoop : TimeProvider, IDisposable
{
    private const ulong WakeKey = 0;
    private const int BatchSize = 64;

    private readonly NetworkVisit _visit = new();
    private readonly Descriptor _epoll;
    private readonly Descriptor _wake;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly LoopTimers _timers = new();

    // Of the loop's thread alone. By number of the connection, never of the descriptor, which may be reused between two events.
    private readonly Dictionary<ulong, LoopStream> _streams = [];
    private ulong _nextKey = WakeKey + 1;
    private int _woken;
    private volatile bool _ended;

    /// <summary>Starts the thread.</summary>
    /// <exception cref="LinuxException">No epoll instance or eventfd could be had.</exception>
    public SocketLoop()
    {
        _epoll = Descriptor.FromResult(sys_epoll.epoll_create1(sys_epoll.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Descriptor.FromResult(sys_epoll.eventfd(0, sys_epoll.EFD_CLOEXEC | sys_epoll.EFD_NONBLOCK), "eventfd");
        Control(sys_epoll.EPOLL_CTL_ADD, _wake, sys_epoll.EPOLLIN, WakeKey);
        _thread = new Thread(Run) { IsBackground = true, Name = "socket loop" };
        _thread.Start();
    }

    /// <summary>Whether the caller is on the loop's thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Connects by TCP. Who began on the loop's thread goes on there, with this and with what it awaits of the stream.</summary>
    /// <param name="networkNamespace">Where the socket is made; null for the host's.</param>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Closing it resets the connection: thousands of them leave no TIME_WAIT behind.</returns>
    /// <exception cref="LinuxException">The socket was not made, or not connected; its operation tells which.</exception>
    public async Task<Stream> ConnectAsync(Descriptor? networkNamespace, IPAddress address, int port, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        await SwitchAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var family = address.AddressFamily == AddressFamily.InterNetworkV6 ? sys_socket.AF_INET6 : sys_socket.AF_INET;
        var socket = networkNamespace is { } space ? _visit.Inside(space, () => Create(family)) : Create(family);
        var stream = new LoopStream(this, socket, _nextKey++);
        try
        {
            await stream.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs a short piece of work that does not block (create a socket, bind it) in a network namespace, on the loop's thread. Who awaits it goes on elsewhere.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="networkNamespace">A descriptor of the namespace.</param>
    /// <param name="work">The work.</param>
    /// <exception cref="LinuxException">The namespace could not be entered.</exception>
    public Task<T> RunInsideAsync<T>(Descriptor networkNamespace, Func<T> work)
    {
        var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                ThrowIfEnded();
                source.SetResult(_visit.Inside(networkNamespace, work));
            }
            catch (Exception exception)
            {
                source.SetException(exception);
            }
        });
        return source.Task;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new LoopTimer(this, _timers, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends the thread: what waits for a connection fails with <see cref="ObjectDisposedException"/>, and timers are not called any more.</summary>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        Wake();
        if (!IsCurrent)
        {
            _thread.Join();
        }

        _wake.Dispose();
        _epoll.Dispose();
        _visit.Dispose();
    }

    /// <summary>Awaited, it goes on on the loop's thread.</summary>
    internal LoopSwitch SwitchAsync() => new(this);

    /// <summary>Runs something on the loop's thread; on that of a pool once the loop has ended, to find that out.</summary>
    internal void Post(Action work)
    {
        _posted.Enqueue(work);
        Wake();
        if (_ended)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => RunPosted(), null);
        }
    }

    /// <summary>Has the thread look at its queue and its timers.</summary>
    internal void Wake()
    {
        if (!IsCurrent && Interlocked.Exchange(ref _woken, 1) == 0)
        {
            try
            {
                _wake.WriteAll([1, 0, 0, 0, 0, 0, 0, 0]);
            }
            catch (ObjectDisposedException) when (_ended)
            {
                // Nobody sleeps any more.
            }
        }
    }

    /// <summary>Has events of a connection told, each time there is something new. On the loop's thread.</summary>
    internal void Follow(LoopStream stream, Descriptor socket)
    {
        ThrowIfEnded();
        Control(sys_epoll.EPOLL_CTL_ADD, socket, sys_epoll.EPOLLIN | sys_epoll.EPOLLOUT | sys_epoll.EPOLLRDHUP | sys_epoll.EPOLLET, stream.Key);
        _streams.Add(stream.Key, stream);
    }

    /// <summary>Ends that; epoll forgets a socket that is closed. On the loop's thread.</summary>
    internal void Forget(LoopStream stream) => _streams.Remove(stream.Key);

    internal void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_ended, this);

    private static unsafe Descriptor Create(int family)
    {
        var socket = Descriptor.FromResult(
            sys_socket.socket(family, sys_socket.SOCK_STREAM | sys_socket.SOCK_NONBLOCK | sys_socket.SOCK_CLOEXEC, 0), "socket");
        var linger = stackalloc int[2] { 1, 0 };
        if (sys_socket.setsockopt(socket, sys_socket.SOL_SOCKET, sys_socket.SO_LINGER, linger, 2 * sizeof(int)) == 0)
        {
            return socket;
        }

        var error = LinuxException.FromLastError("setsockopt SO_LINGER");
        socket.Dispose();
        throw error;
    }

    private unsafe void Control(int operation, Descriptor descriptor, uint events, ulong key)
    {
        var ev = stackalloc byte[16];
        sys_epoll.WriteEvent(ev, events, key);
        if (sys_epoll.epoll_ctl(_epoll, operation, descriptor.Value, ev) != 0)
        {
            throw LinuxException.FromLastError("epoll_ctl");
        }
    }

    private unsafe void Run()
    {
        var events = stackalloc byte[16 * BatchSize];
        Span<byte> count = stackalloc byte[8];
        while (!_ended)
        {
            var ready = sys_epoll.epoll_wait(_epoll, events, BatchSize, _timers.Wait(GetTimestamp()));
            if (ready < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                // Only a closed or foreign epoll descriptor gets here: nobody would ever be woken again.
                Environment.FailFast(LinuxException.FromLastError("epoll_wait").Message);
            }

            for (var i = 0; i < ready; i++)
            {
                var (happened, key) = sys_epoll.ReadEvent(events + (i * sys_epoll.EventSize));
                if (key == WakeKey)
                {
                    _wake.Read(count);
                    Volatile.Write(ref _woken, 0); // before the queue is read: what is put there from now on wakes again
                }
                else if (_streams.TryGetValue(key, out var stream))
                {
                    stream.Happened(happened);
                }
            }

            // Posted work last: timers post, too, and do not wake their own thread.
            _timers.RunDue(GetTimestamp());
            RunPosted();
        }

        foreach (var stream in _streams.Values.ToList())
        {
            stream.End();
        }

        RunPosted();
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out var work))
        {
            work();
        }
    }
}

using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Events;

/// <summary>
/// One thread over one epoll(7) instance that waits for every socket, pidfd, inotify and cgroup event descriptor of the daemon.
/// Each wait is one-shot; continuations run on the thread pool, never on the loop's thread.
/// </summary>
public sealed class EventLoop : IDisposable
{
    private const ulong WakeKey = 0;
    private const int BatchSize = 64;
    private static readonly TimeSpan ShortageDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Descriptor _epoll;
    private readonly Descriptor _wake;
    private readonly Thread _thread;

    // By registration, never by descriptor number: a number may be closed and reused between two events.
    private readonly Dictionary<ulong, Registration> _byKey = [];
    private readonly Dictionary<int, Registration> _byDescriptor = [];
    private ulong _nextKey = WakeKey + 1;
    private bool _disposed;

    /// <summary>Starts the loop's thread.</summary>
    /// <exception cref="LinuxException">No epoll instance or eventfd could be had.</exception>
    public unsafe EventLoop()
    {
        _epoll = Descriptor.FromResult(sys_epoll.epoll_create1(sys_epoll.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Descriptor.FromResult(sys_epoll.eventfd(0, sys_epoll.EFD_CLOEXEC | sys_epoll.EFD_NONBLOCK), "eventfd");
        var ev = stackalloc byte[16];
        sys_epoll.WriteEvent(ev, sys_epoll.EPOLLIN, WakeKey);
        if (sys_epoll.epoll_ctl(_epoll, sys_epoll.EPOLL_CTL_ADD, _wake.Value, ev) != 0)
        {
            throw LinuxException.FromLastError("epoll_ctl");
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "event loop" };
        _thread.Start();
    }

    /// <summary>Completes when the descriptor has something to read, or has hung up or failed (the read then tells which).</summary>
    /// <exception cref="InvalidOperationException">Somebody waits for the same direction of this descriptor already.</exception>
    /// <exception cref="LinuxException">The kernel refuses to wait for it, or to go on with it, and not for want of memory.</exception>
    /// <exception cref="ObjectDisposedException">The loop ended meanwhile.</exception>
    public Task WaitReadableAsync(Descriptor descriptor, CancellationToken cancellationToken = default) =>
        WaitAsync(descriptor, sys_epoll.EPOLLIN, cancellationToken);

    /// <summary>Completes when the descriptor can be written, or has hung up or failed.</summary>
    /// <inheritdoc cref="WaitReadableAsync"/>
    public Task WaitWritableAsync(Descriptor descriptor, CancellationToken cancellationToken = default) =>
        WaitAsync(descriptor, sys_epoll.EPOLLOUT, cancellationToken);

    /// <summary>Completes on an exceptional condition (EPOLLPRI), as cgroup event files and /proc/self/mountinfo report changes.</summary>
    /// <inheritdoc cref="WaitReadableAsync"/>
    public Task WaitPriorityAsync(Descriptor descriptor, CancellationToken cancellationToken = default) =>
        WaitAsync(descriptor, sys_epoll.EPOLLPRI, cancellationToken);

    /// <summary>Ends the thread; pending waits fail with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        Span<byte> one = stackalloc byte[8];
        one[0] = 1;
        _wake.WriteAll(one);
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _wake.Dispose();
        _epoll.Dispose();
    }

    private async Task WaitAsync(Descriptor descriptor, uint events, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await WaitOnceAsync(descriptor, events, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOMEM or Errno.ENOSPC)
            {
                // A kernel that is short of memory, or of watches, has told nothing of the descriptor: what waits for it waits on.
                await Task.Delay(ShortageDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitOnceAsync(Descriptor descriptor, uint events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = Add(descriptor, events, source);
        await using (cancellationToken.UnsafeRegister(
            (_, token) => Cancel(registration, source, token), null).ConfigureAwait(false))
        {
            await source.Task.ConfigureAwait(false);
        }
    }

    private Registration Add(Descriptor descriptor, uint events, TaskCompletionSource source)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var number = descriptor.Value;
            if (!_byDescriptor.TryGetValue(number, out var registration))
            {
                // The reference keeps the number from being closed, and so reused, while epoll knows it.
                var referenced = false;
                descriptor.DangerousAddRef(ref referenced);
                registration = new Registration(_nextKey++, descriptor, number);
                registration.Waits.Add((events, source));
                var refused = Control(sys_epoll.EPOLL_CTL_ADD, registration);
                if (refused?.Errno == Errno.EEXIST)
                {
                    refused = Control(sys_epoll.EPOLL_CTL_MOD, registration); // it was not forgotten, see Forget
                }

                if (refused is not null)
                {
                    descriptor.DangerousRelease();
                    throw refused;
                }

                _byDescriptor.Add(number, registration);
                _byKey.Add(registration.Key, registration);
                return registration;
            }

            if (registration.Waits.Exists(wait => (wait.Events & events) != 0))
            {
                throw new InvalidOperationException($"Somebody waits for descriptor {number} already.");
            }

            registration.Waits.Add((events, source));
            if (Control(sys_epoll.EPOLL_CTL_MOD, registration) is { } error)
            {
                registration.Waits.RemoveAt(registration.Waits.Count - 1);
                throw error;
            }

            return registration;
        }
    }

    private void Cancel(Registration registration, TaskCompletionSource source, CancellationToken token)
    {
        lock (_lock)
        {
            if (!_disposed && registration.Waits.RemoveAll(wait => wait.Source == source) > 0)
            {
                Rearm(registration);
            }
        }

        source.TrySetCanceled(token);
    }

    private unsafe void Run()
    {
        var events = stackalloc byte[16 * BatchSize];
        while (true)
        {
            var count = sys_epoll.epoll_wait(_epoll, events, BatchSize, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                // Only a closed or foreign epoll descriptor gets here: nobody would ever be woken again.
                Environment.FailFast(LinuxException.FromLastError("epoll_wait").Message);
            }

            for (var i = 0; i < count; i++)
            {
                var (happened, key) = sys_epoll.ReadEvent(events + (i * sys_epoll.EventSize));
                if (key == WakeKey)
                {
                    FailAll();
                    return;
                }

                Complete(key, happened);
            }
        }
    }

    private void Complete(ulong key, uint happened)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var registration))
            {
                return;
            }

            // An error or a hang-up concerns every direction: whoever waits finds out by its own read or write.
            var all = (happened & (sys_epoll.EPOLLERR | sys_epoll.EPOLLHUP)) != 0;
            registration.Waits.RemoveAll(wait => (all || (wait.Events & happened) != 0) && wait.Source.TrySetResult() | true);
            Rearm(registration);
        }
    }

    private void FailAll()
    {
        lock (_lock)
        {
            foreach (var registration in _byKey.Values)
            {
                foreach (var (_, source) in registration.Waits)
                {
                    source.TrySetException(new ObjectDisposedException(nameof(EventLoop)));
                }

                registration.Descriptor.DangerousRelease();
            }

            _byKey.Clear();
            _byDescriptor.Clear();
        }
    }

    private void Rearm(Registration registration)
    {
        if (registration.Waits.Count > 0)
        {
            if (Control(sys_epoll.EPOLL_CTL_MOD, registration) is not { } error)
            {
                return;
            }

            // Those who still wait would wait for ever.
            foreach (var (_, source) in registration.Waits)
            {
                source.TrySetException(error);
            }

            registration.Waits.Clear();
        }

        Forget(registration);
    }

    // What epoll will not forget ends with its file, tells at most one event of a key that nobody has, and is taken over by the next wait.
    private void Forget(Registration registration)
    {
        Control(sys_epoll.EPOLL_CTL_DEL, registration);
        _byKey.Remove(registration.Key);
        _byDescriptor.Remove(registration.Number);
        registration.Descriptor.DangerousRelease();
    }

    /// <summary>epoll_ctl(2) for the waits of a registration; what the kernel has against it, or null.</summary>
    private unsafe LinuxException? Control(int operation, Registration registration)
    {
        var events = sys_epoll.EPOLLONESHOT;
        foreach (var wait in registration.Waits)
        {
            events |= wait.Events;
        }

        var ev = stackalloc byte[16];
        sys_epoll.WriteEvent(ev, events, registration.Key);
        return sys_epoll.epoll_ctl(_epoll, operation, registration.Number, ev) == 0 ? null : LinuxException.FromLastError("epoll_ctl", registration.Descriptor.ToString());
    }

    private sealed record Registration(ulong Key, Descriptor Descriptor, int Number)
    {
        public List<(uint Events, TaskCompletionSource Source)> Waits { get; } = [];
    }
}

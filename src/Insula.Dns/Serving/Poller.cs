using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>One thread's epoll(7): events go to who registered, without allocating anything.</summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int BatchSize = 32;

    private readonly Descriptor _epoll = Descriptor.FromResult(sys_epoll.epoll_create1(sys_epoll.EPOLL_CLOEXEC), "epoll_create1");
    private readonly Dictionary<ulong, IPolled> _polled = [];
    private ulong _next = 1;

    /// <summary>Has events of a descriptor told, until it is removed.</summary>
    /// <returns>The key to change it by.</returns>
    public ulong Add(Descriptor descriptor, uint events, IPolled polled)
    {
        var key = _next++;
        Control(sys_epoll.EPOLL_CTL_ADD, descriptor, events, key);
        _polled[key] = polled;
        return key;
    }

    /// <summary>Changes which events are told.</summary>
    public void Change(ulong key, Descriptor descriptor, uint events) => Control(sys_epoll.EPOLL_CTL_MOD, descriptor, events, key);

    /// <summary>Ends it, before the descriptor is closed. Events that are on their way are dropped.</summary>
    public void Remove(ulong key, Descriptor descriptor)
    {
        if (_polled.Remove(key))
        {
            Control(sys_epoll.EPOLL_CTL_DEL, descriptor, 0, key);
        }
    }

    /// <summary>Waits for events and tells them.</summary>
    /// <param name="timeout">Milliseconds; negative for as long as it takes.</param>
    public void Wait(int timeout)
    {
        var events = stackalloc byte[16 * BatchSize];
        var count = sys_epoll.epoll_wait(_epoll, events, BatchSize, timeout);
        if (count < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
        {
            throw LinuxException.FromLastError("epoll_wait");
        }

        for (var i = 0; i < count; i++)
        {
            var (happened, key) = sys_epoll.ReadEvent(events + (i * sys_epoll.EventSize));
            if (_polled.TryGetValue(key, out var polled))
            {
                polled.Ready(happened);
            }
        }
    }

    public void Dispose() => _epoll.Dispose();

    private void Control(int operation, Descriptor descriptor, uint events, ulong key)
    {
        var ev = stackalloc byte[16];
        sys_epoll.WriteEvent(ev, events, key);
        if (sys_epoll.epoll_ctl(_epoll, operation, descriptor.Value, ev) != 0)
        {
            throw LinuxException.FromLastError("epoll_ctl");
        }
    }
}

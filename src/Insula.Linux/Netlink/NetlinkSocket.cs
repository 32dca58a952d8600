using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Netlink;

/// <summary>
/// A netlink socket of one family. It belongs to the network namespace of the thread that opened it and may afterwards be used from any one
/// thread at a time. The kernel answers within the request itself, so a call never waits for anything but the kernel's locks.
/// </summary>
public sealed class NetlinkSocket : IDisposable
{
    private const int ReceiveSize = 64 * 1024;
    private const int MaxInterruptedDumps = 16;

    // An answer that does not come within this time would never come: the request was lost for want of memory.
    private const int AnswerSeconds = 30;

    private readonly byte[] _receive = GC.AllocateUninitializedArray<byte>(ReceiveSize);
    private uint _sequence;

    private NetlinkSocket(Descriptor descriptor) => Descriptor = descriptor;

    /// <summary>The open socket.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <param name="protocol">NETLINK_ROUTE or NETLINK_NETFILTER.</param>
    public static NetlinkSocket Open(int protocol)
    {
        Descriptor descriptor = Descriptor.FromResult(
            sys_socket.socket(sys_socket.AF_NETLINK, sys_socket.SOCK_RAW | sys_socket.SOCK_CLOEXEC, protocol), "socket AF_NETLINK");
        NetlinkSocket socket = new(descriptor);
        try
        {
            socket.Set(netlink.SOL_NETLINK, netlink.NETLINK_EXT_ACK, 1, "setsockopt NETLINK_EXT_ACK");
            socket.Set(netlink.SOL_NETLINK, netlink.NETLINK_CAP_ACK, 1, "setsockopt NETLINK_CAP_ACK");
            if (protocol == netlink.NETLINK_ROUTE)
            {
                socket.Set(netlink.SOL_NETLINK, netlink.NETLINK_GET_STRICT_CHK, 1, "setsockopt NETLINK_GET_STRICT_CHK");
            }

            socket.SetReceiveTimeout();
            return socket;
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Gives the socket an address of its own, which the kernel chooses, and returns it: notifications name it as the port of who asked.</summary>
    public unsafe uint Bind()
    {
        const int SockaddrLength = 12;
        const int PortAt = 1;
        uint* address = stackalloc uint[SockaddrLength / sizeof(uint)];
        new Span<uint>(address, SockaddrLength / sizeof(uint)).Clear();
        *(ushort*)address = sys_socket.AF_NETLINK;
        if (sys_socket.bind(Descriptor, address, SockaddrLength) != 0)
        {
            throw LinuxException.FromLastError("bind AF_NETLINK");
        }

        uint length = SockaddrLength;
        return sys_socket.getsockname(Descriptor, address, &length) == 0 ? address[PortAt] : throw LinuxException.FromLastError("getsockname AF_NETLINK");
    }

    /// <summary>Joins multicast groups, such as RTNLGRP_LINK; once.</summary>
    public void Join(params ReadOnlySpan<int> groups)
    {
        // Without an address of its own the socket would be taken for the kernel's, which is left out.
        _ = Bind();
        foreach (int group in groups)
        {
            Set(netlink.SOL_NETLINK, netlink.NETLINK_ADD_MEMBERSHIP, group, "setsockopt NETLINK_ADD_MEMBERSHIP");
        }
    }

    /// <summary>Lets so many bytes of notifications wait, whatever the host's limit is; needs CAP_NET_ADMIN.</summary>
    public void AllowLongQueue(int bytes) => Set(sys_socket.SOL_SOCKET, sys_socket.SO_RCVBUFFORCE, bytes, "setsockopt SO_RCVBUFFORCE");

    /// <summary>
    /// Has the kernel leave out what was asked for by these ports, whoever else is told: it takes no room in the queue, and wakes nobody.
    /// </summary>
    public unsafe void LeaveOut(IReadOnlyList<uint> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);

        // linux/filter.h: struct sock_filter is code, two jumps and a number. nlmsg_pid is loaded as if it were in network byte order.
        const ulong LoadWord = 0x20;
        const ulong JumpIfEqual = 0x15;
        const ulong Return = 0x06;
        const int PortOffset = 12;
        const ulong Everything = 0xffff_ffff;
        ulong* program = stackalloc ulong[ports.Count + 3];
        program[0] = LoadWord | ((ulong)PortOffset << 32);
        for (int i = 0; i < ports.Count; i++)
        {
            ulong further = (ulong)(ports.Count - i);
            program[i + 1] = JumpIfEqual | (further << 16) | ((ulong)BinaryPrimitives.ReverseEndianness(ports[i]) << 32);
        }

        program[ports.Count + 1] = Return | (Everything << 32);
        program[ports.Count + 2] = Return;
        ulong* filter = stackalloc ulong[2] { (ulong)(ports.Count + 3), (ulong)program };
        if (sys_socket.setsockopt(Descriptor, sys_socket.SOL_SOCKET, sys_socket.SO_ATTACH_FILTER, filter, 2 * sizeof(ulong)) != 0)
        {
            throw LinuxException.FromLastError("setsockopt SO_ATTACH_FILTER");
        }
    }

    /// <summary>
    /// Sends every message of the writer (each must ask for NLM_F_ACK) in one datagram, and reads all answers.
    /// </summary>
    /// <returns>The first refusal that its request does not tolerate; <see langword="null"/> when there was none.</returns>
    public NetlinkException? TryExecute(NetlinkWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (writer.Requests.Count == 0)
        {
            return null;
        }

        uint first = Send(writer);
        NetlinkException? failure = null;
        int answers = 0;
        while (answers < writer.Requests.Count)
        {
            NetlinkMessages messages = new(Receive(writer.Requests[answers].Description));
            while (messages.Next())
            {
                uint index = messages.Sequence - first;
                if (messages.Type != netlink.NLMSG_ERROR || index >= writer.Requests.Count)
                {
                    continue;
                }

                answers++;
                (int errno, string? text) = messages.ReadError();
                NetlinkRequest request = writer.Requests[(int)index];
                if (errno != 0 && failure is null && !request.Tolerated.Contains((Errno)errno))
                {
                    failure = new NetlinkException(request.Description, errno, text);
                }
            }
        }

        return failure;
    }

    /// <summary>As <see cref="TryExecute"/>, but a refusal is thrown.</summary>
    /// <exception cref="NetlinkException">The kernel refused one of the messages.</exception>
    public void Execute(NetlinkWriter writer)
    {
        if (TryExecute(writer) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Lets one datagram be as long as this, in bytes, whatever the host's limit is; needs CAP_NET_ADMIN.</summary>
    public void AllowLargeRequests(int bytes) => Set(sys_socket.SOL_SOCKET, sys_socket.SO_SNDBUFFORCE, bytes, "setsockopt SO_SNDBUFFORCE");

    /// <summary>
    /// Sends an nfnetlink batch in one datagram. Its first and last messages begin and end it, and the one before the last asks for NLM_F_ACK:
    /// the kernel tells of every refusal, and of that one in any case; or, when the whole could not be done, of the first.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused one of the messages, and did none of them.</exception>
    public void ExecuteBatch(NetlinkWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        uint first = Send(writer);
        NetlinkException? failure = null;
        while (true)
        {
            NetlinkMessages messages = new(Receive(writer.Requests[0].Description));
            while (messages.Next())
            {
                uint index = messages.Sequence - first;
                if (messages.Type != netlink.NLMSG_ERROR || index >= writer.Requests.Count)
                {
                    continue;
                }

                (int errno, string? text) = messages.ReadError();
                if (errno != 0)
                {
                    failure ??= new NetlinkException(writer.Requests[(int)index].Description, errno, text);
                }

                if (index == 0 || index == writer.Requests.Count - 2)
                {
                    // Nothing comes after it. When it is not the first that failed, another's refusal has been read before.
                    if (failure is not null)
                    {
                        throw failure;
                    }

                    return;
                }
            }
        }
    }

    /// <summary>
    /// Sends one request for a dump, or for one object without NLM_F_ACK, and hands every answer to <paramref name="read"/>. A dump that the
    /// kernel marks as interrupted by a change is begun again, with a fresh list.
    /// </summary>
    /// <typeparam name="T">What an answer is read as.</typeparam>
    /// <param name="request">Makes the request.</param>
    /// <param name="dump">Whether NLM_F_DUMP was asked for: then answers end with NLMSG_DONE, else there is exactly one.</param>
    /// <param name="read">Reads one answer; <see langword="null"/> leaves it out.</param>
    /// <exception cref="NetlinkException">The kernel refused the request, or the table changed through every attempt.</exception>
    public IReadOnlyList<T> Query<T>(NetlinkWriter request, bool dump, NetlinkRead<T> read)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(read);
        string description = request.Requests[0].Description;
        for (int attempt = 0; attempt < MaxInterruptedDumps; attempt++)
        {
            List<T> answers = [];
            if (ReadAnswers(request, description, dump, read, answers))
            {
                return answers;
            }
        }

        throw new NetlinkException(description, (int)Errno.EINTR, "the table changed during every attempt to read it");
    }

    /// <summary>
    /// Hands the notifications that have come so far to <paramref name="read"/>, without waiting. For sockets that <see cref="Join"/>ed a
    /// group and make no requests.
    /// </summary>
    /// <returns>False when notifications were lost (ENOBUFS): look at everything again.</returns>
    public bool Drain<T>(NetlinkRead<T> read, ICollection<T> notifications)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(read);
        return Drain((_, type, payload) => read(type, payload), notifications);
    }

    /// <summary>The same, where it matters who asked for what is told.</summary>
    /// <returns>False when notifications were lost (ENOBUFS): look at everything again.</returns>
    public unsafe bool Drain<T>(NetlinkReadOf<T> read, ICollection<T> notifications)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(notifications);
        bool whole = true;
        while (true)
        {
            nint length;
            fixed (byte* pointer = _receive)
            {
                length = sys_socket.recv(Descriptor, pointer, ReceiveSize, sys_socket.MSG_TRUNC | sys_socket.MSG_DONTWAIT);
            }

            if (length < 0)
            {
                switch ((Errno)Marshal.GetLastPInvokeError())
                {
                    case Errno.EAGAIN:
                        return whole;
                    case Errno.EINTR:
                        continue;
                    case Errno.ENOBUFS:
                        whole = false;
                        continue;
                    default:
                        throw LinuxException.FromLastError("receive netlink notifications");
                }
            }

            NetlinkMessages messages = new(_receive.AsSpan(0, (int)Math.Min(length, ReceiveSize)));
            while (messages.Next())
            {
                if (read(messages.Port, messages.Type, messages.Payload) is { } notification)
                {
                    notifications.Add(notification);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    private bool ReadAnswers<T>(NetlinkWriter request, string description, bool dump, NetlinkRead<T> read, List<T> answers)
        where T : class
    {
        uint sequence = Send(request);
        bool whole = true;
        while (true)
        {
            NetlinkMessages messages = new(Receive(description));
            while (messages.Next())
            {
                if (messages.Sequence != sequence)
                {
                    continue;
                }

                whole &= (messages.Flags & netlink.NLM_F_DUMP_INTR) == 0;
                if (messages.Type is netlink.NLMSG_ERROR or netlink.NLMSG_DONE)
                {
                    (int errno, string? text) = messages.ReadError();
                    return errno == 0 ? whole : throw new NetlinkException(description, errno, text);
                }

                if (read(messages.Type, messages.Payload) is { } answer)
                {
                    answers.Add(answer);
                }

                if (!dump)
                {
                    return true;
                }
            }
        }
    }

    private unsafe uint Send(NetlinkWriter writer)
    {
        uint first = _sequence + 1;
        _sequence += (uint)writer.Requests.Count;
        ReadOnlySpan<byte> datagram = writer.Finish(first);
        fixed (byte* pointer = datagram)
        {
            while (sys_socket.send(Descriptor, pointer, (nuint)datagram.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    throw LinuxException.FromLastError($"send netlink: {writer.Requests[0].Description}");
                }
            }
        }

        return first;
    }

    private unsafe ReadOnlySpan<byte> Receive(string description)
    {
        fixed (byte* pointer = _receive)
        {
            while (true)
            {
                // MSG_TRUNC makes the call return the datagram's true length.
                nint length = sys_socket.recv(Descriptor, pointer, ReceiveSize, sys_socket.MSG_TRUNC);
                if (length > ReceiveSize)
                {
                    throw new InvalidDataException($"netlink: an answer of {length} bytes to \"{description}\" is longer than {ReceiveSize}");
                }

                if (length >= 0)
                {
                    return _receive.AsSpan(0, (int)length);
                }

                if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    throw LinuxException.FromLastError($"receive netlink: {description}");
                }
            }
        }
    }

    private unsafe void Set(int level, int option, int value, string operation)
    {
        if (sys_socket.setsockopt(Descriptor, level, option, &value, sizeof(int)) != 0)
        {
            throw LinuxException.FromLastError(operation);
        }
    }

    private unsafe void SetReceiveTimeout()
    {
        const int SO_RCVTIMEO = 20;
        long* time = stackalloc long[2] { AnswerSeconds, 0 };
        if (sys_socket.setsockopt(Descriptor, sys_socket.SOL_SOCKET, SO_RCVTIMEO, time, 2 * sizeof(long)) != 0)
        {
            throw LinuxException.FromLastError("setsockopt SO_RCVTIMEO");
        }
    }
}

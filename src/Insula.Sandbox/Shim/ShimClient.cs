using System.Globalization;

using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Sockets;

using Microsoft.Extensions.Logging;

namespace Insula.Sandbox.Shim;

/// <summary>A connection to a shim: requests are matched with their answers, everything else is handed to a handler in
/// the order it came. The handler runs on the receiving loop and must not wait for this client.</summary>
internal sealed class ShimClient : IAsyncDisposable
{
    /// <summary>The protocol's version.</summary>
    public const string ProtocolVersion = "1";

    private readonly SeqPacketSocket _socket;
    private readonly EventLoop _events;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action<ShimMessage> _onEvent;
    private readonly Action<string> _onLost;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Dictionary<uint, ShimRequest> _pending = [];
    private readonly Task _loop;
    private uint _lastId;
    private string? _lost;

    /// <summary>Takes over a connected socket and starts receiving.</summary>
    /// <param name="socket">The socket, disposed with this client.</param>
    /// <param name="events">Waits for the socket.</param>
    /// <param name="time">The clock for deadlines.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="onEvent">Gets the events.</param>
    /// <param name="onLost">Told once, with the reason, when the connection ends without <see cref="DisposeAsync"/>.</param>
    public ShimClient(
        SeqPacketSocket socket,
        EventLoop events,
        TimeProvider time,
        ILogger log,
        Action<ShimMessage> onEvent,
        Action<string> onLost)
    {
        _socket = socket;
        _events = events;
        _time = time;
        _log = log;
        _onEvent = onEvent;
        _onLost = onLost;
        _loop = Task.Run(ReceiveAsync);
    }

    /// <summary>Says hello, which also has the shim send what was not acknowledged.</summary>
    /// <returns>The shim's process id.</returns>
    public async Task<int> HelloAsync(TimeSpan timeout, CancellationToken ct)
    {
        using var answer = await CallAsync("shim", ["hello", ProtocolVersion], [], timeout, ct).ConfigureAwait(false);
        if (answer.Words is not [ProtocolVersion, var pid, ..] || !int.TryParse(pid, CultureInfo.InvariantCulture, out var number))
        {
            throw ShimMessage.Malformed(answer.Words);
        }

        return number;
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="subject">What it is about, for messages.</param>
    /// <param name="words">The verb and its arguments.</param>
    /// <param name="descriptors">What to send along.</param>
    /// <param name="timeout">How long the shim may take.</param>
    /// <param name="ct">Stops waiting; the request may still be done.</param>
    /// <exception cref="LaunchException">The shim answered with a failed step.</exception>
    /// <exception cref="SandboxException">The connection is lost or the answer did not come in time.</exception>
    public async Task<ShimAnswer> CallAsync(
        string subject,
        IReadOnlyList<string> words,
        IReadOnlyList<Descriptor> descriptors,
        TimeSpan timeout,
        CancellationToken ct)
    {
        var request = Register(words[0]);
        var taken = false;
        try
        {
            var packet = ShimPacket.Encode([request.Id.ToString(CultureInfo.InvariantCulture), .. words]);
            await SendAsync(packet, descriptors, ct).ConfigureAwait(false);
            var answer = await request.Answer.Task.WaitAsync(timeout, _time, ct).ConfigureAwait(false);
            taken = true;
            if (answer.Failure is { } failure)
            {
                throw new LaunchException(subject, failure.Step, failure.Errno, failure.Text);
            }

            return answer;
        }
        catch (TimeoutException e)
        {
            throw new SandboxException($"{subject}: the shim did not answer '{words[0]}' within {timeout.TotalSeconds:0.#} s", e);
        }
        finally
        {
            Forget(request, taken);
        }
    }

    /// <summary>Ends the connection; the shim goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _loop.ConfigureAwait(false);
        Lose("the connection was closed by this daemon", tell: false);
        _closing.Dispose();
    }

    private async Task SendAsync(byte[] packet, IReadOnlyList<Descriptor> descriptors, CancellationToken ct)
    {
        await _sending.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(_events, packet, descriptors, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            throw new SandboxException($"the shim cannot be reached: {e.Message}", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    private ShimRequest Register(string verb)
    {
        lock (_lock)
        {
            if (_lost is not null)
            {
                throw new SandboxException($"the shim cannot be reached: {_lost}");
            }

            var request = new ShimRequest(++_lastId, verb);
            _pending.Add(request.Id, request);
            return request;
        }
    }

    // An answer that came after its caller stopped waiting is dropped here, with the descriptors it brought.
    private void Forget(ShimRequest request, bool taken)
    {
        lock (_lock)
        {
            _pending.Remove(request.Id);
        }

        if (!taken)
        {
            request.Abandon();
        }
    }

    private async Task ReceiveAsync()
    {
        string reason;
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(_events, _closing.Token).ConfigureAwait(false);
                if (received is null)
                {
                    reason = "its end of the connection is closed";
                    break;
                }

                Dispatch(ShimPacket.Decode(received.Data), received.Descriptors);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is LinuxException or SandboxException or ObjectDisposedException)
        {
            reason = e.Message;
        }

        Lose(reason, tell: !_closing.IsCancellationRequested);
    }

    private void Dispatch(IReadOnlyList<string> words, IReadOnlyList<Descriptor> descriptors)
    {
        var message = ShimMessage.Parse(words);
        var taken = message switch
        {
            ShimMessage.Ok ok => Find(ok.Id)?.Accept(ok, descriptors) ?? false,
            ShimMessage.Failed failed => Find(failed.Id)?.Fail(failed) ?? false,
            ShimMessage.Listed listed => Find(listed.Id)?.Add(listed.Entry) ?? false,
            _ => false,
        };
        if (!taken)
        {
            foreach (var descriptor in descriptors)
            {
                descriptor.Dispose();
            }
        }

        if (message is ShimMessage.UnknownEvent unknown)
        {
            ShimLog.UnknownEvent(_log, unknown.Name);
        }
        else if (message is not (ShimMessage.Ok or ShimMessage.Failed or ShimMessage.Listed))
        {
            _onEvent(message);
        }
    }

    private ShimRequest? Find(uint id)
    {
        lock (_lock)
        {
            return _pending.GetValueOrDefault(id);
        }
    }

    private void Lose(string reason, bool tell)
    {
        ShimRequest[] waiting;
        lock (_lock)
        {
            if (_lost is not null)
            {
                return;
            }

            _lost = reason;
            waiting = [.. _pending.Values];
        }

        foreach (var request in waiting)
        {
            request.Answer.TrySetException(new SandboxException($"the shim was lost while it was asked to {request.Verb}: {reason}"));
        }

        if (tell)
        {
            _onLost(reason);
        }
    }
}

using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Sockets;
using Insula.Sandbox.Shim;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Sandbox.Tests.Shim;

/// <summary>The other end of a client's connection, played by the test.</summary>
internal sealed class FakeShim : IAsyncDisposable
{
    private readonly EventLoop _events = new();
    private readonly SeqPacketSocket _end;

    public FakeShim(TimeProvider? time = null)
    {
        (var ours, _end) = SeqPacketSocket.Pair();
        Client = new ShimClient(ours, _events, time ?? TimeProvider.System, NullLogger.Instance, Events.Add, reason => Lost.TrySetResult(reason));
    }

    public ShimClient Client { get; }

    public List<ShimMessage> Events { get; } = [];

    public TaskCompletionSource<string> Lost { get; } = new();

    public async Task<string> ReceiveAsync()
    {
        using var packet = await _end.ReceiveAsync(_events) ?? throw new InvalidOperationException("the client closed");
        return string.Join(' ', ShimPacket.Decode(packet.Data));
    }

    public Task SendAsync(string line, params Descriptor[] descriptors) =>
        _end.SendAsync(_events, ShimPacket.Encode(line.Split(' ')), descriptors);

    public Task SendRawAsync(byte[] bytes) => _end.SendAsync(_events, bytes);

    public void Close() => _end.Dispose();

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _end.Dispose();
        _events.Dispose();
    }
}

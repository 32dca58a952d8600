using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Insula.Pods.Streaming;
using Insulad.Http.Channels;

namespace Insulad.Http.PortForward;

/// <summary>One connection to a port of a pod. Its end is told on its own channels and touches no other.</summary>
internal sealed class ForwardedConnection(ChannelSocket client, int place, int port)
{
    private readonly byte _data = (byte)(2 * place);
    private readonly byte _error = (byte)((2 * place) + 1);

    /// <summary>A pod that does not read slows down the client of its WebSocket.</summary>
    private readonly Channel<ReadOnlyMemory<byte>> _input = Channel.CreateBounded<ReadOnlyMemory<byte>>(16);

    /// <summary>From connecting to the end of both directions.</summary>
    public async Task RunAsync(Func<int, CancellationToken, Task<Socket>> connect, CancellationToken ct)
    {
        byte[] number = [(byte)port, (byte)(port >> 8)];
        await client.SendAsync((byte[])[_data, .. number], ct);
        await client.SendAsync((byte[])[_error, .. number], ct);
        try
        {
            using var pod = await connect(port, ct);
            var writing = WriteAsync(pod, ct);
            var reading = ReadAsync(pod, ct);

            await BothAsync(pod, writing, reading);
        }
        catch (PodRequestException e)
        {
            await TellAsync(e.Message, ct);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException && !ct.IsCancellationRequested)
        {
            await TellAsync($"the connection to port {port} of the pod ended: {e.Message}", ct);
        }
        finally
        {
            Abandon();
        }
    }

    /// <summary>Bytes of the client's, or its end. After the pod's end they are dropped.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, bool isEnd, CancellationToken ct)
    {
        if (isEnd)
        {
            _input.Writer.TryComplete();
            return;
        }

        // Refused once it is complete: there is nobody to hand it to.
        while (await _input.Writer.WaitToWriteAsync(ct) && !_input.Writer.TryWrite(bytes))
        {
            // One writer: the room is still there.
        }
    }

    /// <summary>Nothing of the client's is waited for any more.</summary>
    public void Abandon() => _input.Writer.TryComplete();

    /// <summary>What breaks off one direction resets the connection: the pod is not to take it for an end that was meant.</summary>
    private async Task BothAsync(Socket pod, Task writing, Task reading)
    {
        if (!(await Task.WhenAny(writing, reading)).IsCompletedSuccessfully)
        {
            // The other may wait for a client that has nothing to say.
            pod.Close(0);
            Abandon();
        }

        try
        {
            await Task.WhenAll(writing, reading);
        }
        catch
        {
            pod.Close(0);
            throw;
        }
    }

    private async Task WriteAsync(Socket pod, CancellationToken ct)
    {
        await foreach (var bytes in _input.Reader.ReadAllAsync(ct))
        {
            var rest = bytes;
            while (!rest.IsEmpty)
            {
                rest = rest[await pod.SendAsync(rest, ct)..];
            }
        }

        pod.Shutdown(SocketShutdown.Send);
    }

    private async Task ReadAsync(Socket pod, CancellationToken ct)
    {
        var buffer = new byte[1 + (32 * 1024)];
        buffer[0] = _data;
        for (int count; (count = await pod.ReceiveAsync(buffer.AsMemory(1), ct)) > 0;)
        {
            await client.SendAsync(buffer.AsMemory(0, count + 1), ct);
        }

        if (client.CanClose)
        {
            await client.SendAsync((byte[])[ChannelSocket.Close, _data], ct);
        }
        else
        {
            // v4 cannot say that half is over: the whole is.
            Abandon();
        }
    }

    private Task TellAsync(string message, CancellationToken ct) => client.SendAsync((byte[])[_error, .. Encoding.UTF8.GetBytes(message)], ct);
}

using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods.Streaming;

namespace Insulad.Http.Exec;

/// <summary>
/// One exec over one WebSocket. Each message's first byte is its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final
/// Status, 4 terminal size, and in v5 255, which closes the channel its second byte names.
/// </summary>
internal sealed class ExecSession(WebSocket socket, PodExec exec, bool tty, bool canClose) : IDisposable
{
    private const byte Stdin = 0;
    private const byte Stdout = 1;
    private const byte Stderr = 2;
    private const byte Error = 3;
    private const byte Resize = 4;
    private const byte Close = 255;
    private const byte EndOfTransmission = 4;
    private const int MaxMessage = 1 << 20;

    /// <summary>
    /// How long output may stay silent after the command's end before it counts as complete: a process that it left
    /// behind may hold the pipes open for ever, and the kernel has no event for "a pipe is empty and its writers idle".
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a client may take to answer the closing of the WebSocket.</summary>
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _sending = new(1);
    private long _received;

    /// <summary>Tells the client on the error channel why nothing was run, and ends.</summary>
    public static async Task RefuseAsync(WebSocket socket, Status status, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(CloseDeadline);
        try
        {
            await socket.SendAsync((byte[])[Error, .. ApiJson.ToUtf8(status)], WebSocketMessageType.Binary, endOfMessage: true, deadline.Token);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client did not wait for the reason.
        }
    }

    public async Task RunAsync(CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var input = Channel.CreateBounded<ReadOnlyMemory<byte>>(16);
        var reading = ReceiveAsync(input.Writer, end.Token);
        var writing = WriteInputAsync(input.Reader, end.Token);
        var output = Task.WhenAll(SendOutputAsync(exec.Stdout, Stdout, end.Token), SendOutputAsync(exec.Stderr, Stderr, end.Token));
        try
        {
            // Whichever is first: the command has ended, or the client has gone. The second ends the command.
            if (await Task.WhenAny(exec.Completion, reading) == reading)
            {
                await reading;
                return;
            }

            await DrainAsync(output);
            await SendStatusAsync(await exec.Completion, end.Token);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, end.Token);

            // The client answers the close. Ending the connection under it, with something of its still unread, would
            // make its kernel forget what it has not read yet: the exit code.
            await Task.WhenAny(reading, Task.Delay(CloseDeadline, end.Token));
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client or the daemon goes; the session goes with it.
        }
        finally
        {
            await end.CancelAsync();
            input.Writer.TryComplete();
            await ForgetAsync(reading, writing, output);
        }
    }

    /// <summary>Waits for the session's parts, whose failure after its end says nothing new.</summary>
    private static async Task ForgetAsync(params Task[] parts)
    {
        foreach (var part in parts)
        {
            await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task ReceiveAsync(ChannelWriter<ReadOnlyMemory<byte>> input, CancellationToken ct)
    {
        var buffer = new byte[32 * 1024];
        using var message = new MemoryStream();
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            message.Write(buffer, 0, part.Count);
            if (message.Length > MaxMessage)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, "messages may have 1 MiB", ct);
                return;
            }

            if (!part.EndOfMessage)
            {
                continue;
            }

            var bytes = message.ToArray();
            message.SetLength(0);
            if (bytes.Length == 0)
            {
                continue;
            }

            switch (bytes[0])
            {
                case Stdin when exec.Stdin is not null && bytes.Length > 1:
                    // A command that does not read slows its client down, and only that.
                    await input.WriteAsync(bytes.AsMemory(1), ct);
                    break;
                case Resize:
                    await ResizeAsync(bytes.AsMemory(1), ct);
                    break;
                case Close when canClose && bytes is [_, Stdin]:
                    input.TryComplete();
                    break;
                default:
                    break;
            }
        }
    }

    private async Task ResizeAsync(ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        try
        {
            using var size = JsonDocument.Parse(json);
            var columns = size.RootElement.GetProperty("Width").GetUInt16();
            var rows = size.RootElement.GetProperty("Height").GetUInt16();
            if (tty && columns > 0 && rows > 0)
            {
                await exec.ResizeAsync(rows, columns, ct);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            // A malformed size leaves the terminal as it is, as in Kubernetes.
        }
    }

    private async Task WriteInputAsync(ChannelReader<ReadOnlyMemory<byte>> input, CancellationToken ct)
    {
        if (exec.Stdin is not { } stdin)
        {
            return;
        }

        try
        {
            await foreach (var bytes in input.ReadAllAsync(ct))
            {
                await stdin.WriteAsync(bytes, ct);
                await stdin.FlushAsync(ct);
            }

            if (tty)
            {
                // A terminal's two directions are one descriptor: its end of input is a character.
                await stdin.WriteAsync(new[] { EndOfTransmission }, ct);
            }
            else
            {
                await stdin.DisposeAsync();
            }
        }
        catch (IOException)
        {
            // The command has closed its input; what the client still sends is read and dropped.
            await foreach (var unused in input.ReadAllAsync(ct))
            {
                _ = unused;
            }
        }
    }

    private async Task SendOutputAsync(Stream? stream, byte channel, CancellationToken ct)
    {
        if (stream is null)
        {
            return;
        }

        var buffer = new byte[1 + (32 * 1024)];
        buffer[0] = channel;
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer.AsMemory(1), ct)) > 0)
            {
                Interlocked.Add(ref _received, count);
                await SendAsync(buffer.AsMemory(0, count + 1), ct);
            }
        }
        catch (IOException)
        {
            // A terminal reports EIO once its last process has closed it: its end.
        }
    }

    private async Task DrainAsync(Task output)
    {
        var before = -1L;
        while (!output.IsCompleted && Interlocked.Read(ref _received) is var now && now != before)
        {
            before = now;
            await Task.WhenAny(output, Task.Delay(Silence));
        }
    }

    private Task SendStatusAsync(int code, CancellationToken ct)
    {
        var status = code == 0
            ? new Status { Outcome = "Success" }
            : new Status
            {
                Outcome = "Failure",
                Reason = "NonZeroExitCode",
                Message = $"command terminated with non-zero exit code: exit status {code}",
                Details = new StatusDetails { Causes = [new StatusCause { Reason = "ExitCode", Message = code.ToString(System.Globalization.CultureInfo.InvariantCulture) }] },
            };
        return SendAsync((byte[])[Error, .. ApiJson.ToUtf8(status)], ct);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        finally
        {
            _sending.Release();
        }
    }
}

using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods.Streaming;
using Insula.Sandbox.Attach;
using Insulad.Http.Channels;
using Insulad.Http.Logs;

namespace Insulad.Http.Exec;

/// <summary>
/// The streams of a process in a container over one WebSocket: of a command, or of the container itself. Each message's first byte is its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final
/// Status, 4 terminal size, and in v5 255, which closes the channel its second byte names.
/// </summary>
internal sealed class StreamSession(ChannelSocket socket, PodSession streams, LogWatcher logs, bool tty)
{
    /// <summary>The channel of the final Status.</summary>
    public const byte Error = 3;

    private const byte Stdin = 0;
    private const byte Stdout = 1;
    private const byte Stderr = 2;
    private const byte Resize = 4;

    /// <summary>
    /// How long output may stay silent after the command's end before it counts as complete: a process that it left
    /// behind may hold the pipes open for ever, and the kernel has no event for "a pipe is empty and its writers idle".
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(250);

    private readonly TaskCompletionSource<Status> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _received;
    private int _replaying;

    public async Task RunAsync(CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var input = Channel.CreateBounded<ReadOnlyMemory<byte>>(16);
        var reading = ReceiveAsync(input.Writer, end.Token);
        var writing = WriteInputAsync(input.Reader, end.Token);
        var output = Task.WhenAll(SendOutputAsync(streams.Stdout, Stdout, end.Token), SendOutputAsync(streams.Stderr, Stderr, end.Token));
        try
        {
            // Whichever is first: the process has ended, the client has gone, or the session has come to an end of its own.
            if (await Task.WhenAny(streams.Completion, reading, _over.Task) == reading)
            {
                await reading;
                return;
            }

            if (!_over.Task.IsCompleted)
            {
                await DrainAsync(output);
            }

            await SendStatusAsync(_over.Task.IsCompleted ? await _over.Task : StatusOf(await streams.Completion), end.Token);
            await socket.CloseOutputAsync(end.Token);
            await ChannelSocket.AwaitCloseAsync(reading, end.Token);
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

    private async Task ReceiveAsync(ChannelWriter<ReadOnlyMemory<byte>> input, CancellationToken ct)
    {
        while (await socket.ReceiveAsync(ct) is { IsEmpty: false } bytes)
        {
            switch (bytes.Span[0])
            {
                case Stdin when streams.Stdin is not null && bytes.Length > 1:
                    // A command that does not read slows its client down, and only that.
                    await input.WriteAsync(bytes[1..], ct);
                    break;
                case Resize:
                    await ResizeAsync(bytes[1..], ct);
                    break;
                case ChannelSocket.Close when socket.CanClose && bytes.Span is [_, Stdin]:
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
                await streams.ResizeAsync(rows, columns, ct);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            // A malformed size leaves the terminal as it is, as in Kubernetes.
        }
    }

    private async Task WriteInputAsync(ChannelReader<ReadOnlyMemory<byte>> input, CancellationToken ct)
    {
        if (streams.Stdin is not { } stdin)
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

            if (!await streams.EndInputAsync(ct))
            {
                _over.TrySetResult(new Status { Outcome = "Success" });
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
            if (streams.Earlier is { } earlier)
            {
                await ReplayAsync(earlier, channel, ct);
            }

            int count;
            while ((count = await stream.ReadAsync(buffer.AsMemory(1), ct)) > 0)
            {
                Interlocked.Add(ref _received, count);
                await socket.SendAsync(buffer.AsMemory(0, count + 1), ct);
            }
        }
        catch (SlowReaderException)
        {
            _over.TrySetResult(Failures.Of(StatusReasons.Timeout, "cut off: the output was not read quickly enough, and nobody waits for a reader; what is missing is in the log"));
        }
        catch (IOException)
        {
            // A terminal reports EIO once its last process has closed it: its end.
        }
    }

    private async Task ReplayAsync(PodLogPart part, byte channel, CancellationToken ct)
    {
        Interlocked.Increment(ref _replaying);
        try
        {
            using var log = new LogStreamer(new LogQuery { Stream = channel == Stdout ? "stdout" : "stderr", Before = part.Before }, logs);
            await using var sent = new ChannelStream(socket, channel);
            await log.RunAsync(part.Files, sent, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _replaying);
        }
    }

    private async Task DrainAsync(Task output)
    {
        var before = -1L;
        while (!output.IsCompleted && Interlocked.Read(ref _received) is var now && (now != before || Volatile.Read(ref _replaying) > 0))
        {
            before = now;
            await Task.WhenAny(output, Task.Delay(Silence));
        }
    }

    private Task SendStatusAsync(Status status, CancellationToken ct) => socket.SendAsync((byte[])[Error, .. ApiJson.ToUtf8(status)], ct);

    private static Status StatusOf(int code) => code == 0
        ? new Status { Outcome = "Success" }
        : new Status
        {
            Outcome = "Failure",
            Reason = "NonZeroExitCode",
            Message = $"command terminated with non-zero exit code: exit status {code}",
            Details = new StatusDetails { Causes = [new StatusCause { Reason = "ExitCode", Message = code.ToString(System.Globalization.CultureInfo.InvariantCulture) }] },
        };
}

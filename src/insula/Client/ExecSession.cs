using System.Globalization;
using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>
/// One exec over a WebSocket with the sub-protocol v5.channel.k8s.io: the first byte of each message names its
/// channel (0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 resize, 255 close of a channel).
/// </summary>
internal sealed class ExecSession(
    ApiClient client, string podPath, string? container, IReadOnlyList<string> command, bool stdin, bool tty) : IDisposable
{
    /// <summary>128 + SIGHUP.</summary>
    private const int HangUpCode = 129;

    private readonly SemaphoreSlim _sending = new(1);

    /// <summary>Runs the command to its end and returns its exit code.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        using var socket = await ChannelConnection.OpenAsync(client, $"{podPath}/exec?{Query()}", "exec", ct);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var resized = tty && !OperatingSystem.IsWindows()
            ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, signal => OnResize(signal, socket, ended.Token))
            : null;

        // What ends us must not leave the terminal as it is now; ^C and SIGTERM cancel anyway.
        var isHungUp = false;
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = isHungUp = true;
            ended.Cancel();
        });

        // Last: at our end the framework puts the terminal back into the mode in which it first saw it. Without input to pass on
        // the keys stay ours, so that ^C ends us.
        using var terminal = tty && stdin ? new RawTerminal() : null;
        if (tty)
        {
            await SendSizeAsync(socket, ended.Token);
        }

        // Reading standard input cannot be cancelled: the pump is left behind when the command ends first.
        if (stdin)
        {
            _ = PumpInputAsync(socket, ended.Token);
        }

        try
        {
            return await ReceiveAsync(socket, ended.Token);
        }
        catch (OperationCanceledException) when (isHungUp)
        {
            return HangUpCode;
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    public void Dispose() => _sending.Dispose();

    private string Query()
    {
        var query = string.Join('&', command.Select(word => $"command={Uri.EscapeDataString(word)}"));
        query += $"&stdout=true&stderr={(tty ? "false" : "true")}&stdin={(stdin ? "true" : "false")}&tty={(tty ? "true" : "false")}";
        return container is null ? query : $"{query}&container={Uri.EscapeDataString(container)}";
    }

    private static async Task<int> ReceiveAsync(ClientWebSocket socket, CancellationToken ct)
    {
        await using var output = StandardStreams.OpenOutput();
        await using var error = StandardStreams.OpenError();
        var buffer = new byte[32768];
        using var message = new MemoryStream();
        while (true)
        {
            WebSocketReceiveResult part;
            try
            {
                part = await socket.ReceiveAsync(buffer, ct);
            }
            catch (WebSocketException e)
            {
                throw new CommandException("the connection to the daemon ended before the command did, which a daemon that has ended takes with it", 1, e);
            }

            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw new CommandException("the daemon closed the session before the command ended");
            }

            message.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage)
            {
                continue;
            }

            var whole = message.ToArray();
            message.SetLength(0);
            if (whole.Length == 0)
            {
                continue;
            }

            switch (whole[0])
            {
                case 1:
                    await output.WriteAsync(whole.AsMemory(1), ct);
                    await output.FlushAsync(ct);
                    break;
                case 2:
                    await error.WriteAsync(whole.AsMemory(1), ct);
                    await error.FlushAsync(ct);
                    break;
                case 3:
                    return ExitCode(whole.AsSpan(1));
                default:
                    break;
            }
        }
    }

    private static int ExitCode(ReadOnlySpan<byte> status)
    {
        var json = JsonNode.Parse(status) as JsonObject;
        if ((string?)json?["status"] == "Success")
        {
            return 0;
        }

        var cause = json?["details"]?["causes"]?.AsArray().FirstOrDefault(c => (string?)c?["reason"] == "ExitCode");
        if (int.TryParse((string?)cause?["message"], CultureInfo.InvariantCulture, out var code))
        {
            return code;
        }

        throw new CommandException((string?)json?["message"] ?? "the command could not be run");
    }

    private async Task PumpInputAsync(ClientWebSocket socket, CancellationToken ct)
    {
        try
        {
            await using var input = StandardStreams.OpenInput();
            var buffer = new byte[16384];
            buffer[0] = 0;
            for (int count; (count = await input.ReadAsync(buffer.AsMemory(1), ct)) > 0;)
            {
                await SendAsync(socket, buffer.AsMemory(0, count + 1), ct);
            }

            await SendAsync(socket, new byte[] { ChannelConnection.Close, 0 }, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The command ended while we were sending: the receiving side reports how.
        }
    }

    private void OnResize(PosixSignalContext signal, ClientWebSocket socket, CancellationToken ct)
    {
        signal.Cancel = true;
        _ = SendSizeAsync(socket, ct);
    }

    private async Task SendSizeAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var (columns, rows) = RawTerminal.Size();
        var size = $"\u0004{{\"Width\":{columns},\"Height\":{rows}}}";
        try
        {
            await SendAsync(socket, System.Text.Encoding.UTF8.GetBytes(size), ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // A resize after the end changes nothing.
        }
    }

    private async Task SendAsync(ClientWebSocket socket, ReadOnlyMemory<byte> message, CancellationToken ct)
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

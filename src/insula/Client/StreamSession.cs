using System.Net.WebSockets;
using System.Runtime.InteropServices;

namespace Insula.Cli.Client;

/// <summary>
/// Standard input and outputs joined with those of a process in a container: of a command (exec), or the container's own (attach). The
/// channels are 0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 resize.
/// </summary>
/// <param name="client">The daemon.</param>
/// <param name="path">The pod's subresource, with the query so far.</param>
/// <param name="what">The subresource, for messages.</param>
/// <param name="stdin">Whether input is passed on.</param>
/// <param name="tty">Whether the process has a terminal.</param>
internal sealed class StreamSession(ApiClient client, string path, string what, bool stdin, bool tty)
{
    /// <summary>128 + SIGHUP.</summary>
    private const int HangUpCode = 129;

    /// <summary>Passes streams on until the process ends, and returns its exit code.</summary>
    /// <exception cref="CommandException">It was refused, or broken off.</exception>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        using var connection = await ChannelConnection.OpenAsync(client, $"{path}&{Query()}", what, ct);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var resized = tty && !OperatingSystem.IsWindows()
            ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, signal => OnResize(signal, connection, ended.Token))
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
            await SendSizeAsync(connection, ended.Token);
        }

        // Reading standard input cannot be cancelled: the pump is left behind when the process ends first.
        if (stdin)
        {
            _ = PumpInputAsync(connection, ended.Token);
        }

        try
        {
            return await ReceiveAsync(connection, ended.Token);
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

    private string Fate => what == "exec" ? "command did, which a daemon that has ended takes with it" : "container did, which goes on";

    private string Query() =>
        $"stdout=true&stderr={(tty ? "false" : "true")}&stdin={(stdin ? "true" : "false")}&tty={(tty ? "true" : "false")}";

    private async Task<int> ReceiveAsync(ChannelConnection connection, CancellationToken ct)
    {
        await using var output = StandardStreams.OpenOutput();
        await using var error = StandardStreams.OpenError();
        while (true)
        {
            ReadOnlyMemory<byte> message;
            try
            {
                message = await connection.ReceiveAsync(ct);
            }
            catch (WebSocketException e)
            {
                throw new CommandException($"the connection to the daemon ended before the {Fate}", 1, e);
            }

            if (message.IsEmpty)
            {
                throw new CommandException("the daemon closed the session without a word of how it ended");
            }

            var bytes = message[1..];
            switch (message.Span[0])
            {
                case 1:
                    await output.WriteAsync(bytes, ct);
                    await output.FlushAsync(ct);
                    break;
                case 2:
                    await error.WriteAsync(bytes, ct);
                    await error.FlushAsync(ct);
                    break;
                case 3:
                    return ChannelConnection.ExitCode(bytes.Span, $"the {what} failed");
                default:
                    break;
            }
        }
    }

    private static async Task PumpInputAsync(ChannelConnection connection, CancellationToken ct)
    {
        try
        {
            await using var input = StandardStreams.OpenInput();
            var buffer = new byte[16384];
            buffer[0] = 0;
            for (int count; (count = await input.ReadAsync(buffer.AsMemory(1), ct)) > 0;)
            {
                await connection.SendAsync(buffer.AsMemory(0, count + 1), ct);
            }

            await connection.EndAsync(0, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The process ended while we were sending: the receiving side reports how.
        }
    }

    private static void OnResize(PosixSignalContext signal, ChannelConnection connection, CancellationToken ct)
    {
        signal.Cancel = true;
        _ = SendSizeAsync(connection, ct);
    }

    private static async Task SendSizeAsync(ChannelConnection connection, CancellationToken ct)
    {
        var (columns, rows) = RawTerminal.Size();
        var size = $"\u0004{{\"Width\":{columns},\"Height\":{rows}}}";
        try
        {
            await connection.SendAsync(System.Text.Encoding.UTF8.GetBytes(size), ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // A resize after the end changes nothing.
        }
    }
}

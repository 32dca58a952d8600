using System.Net.WebSockets;
using System.Text;

namespace Insula.Cli.Client;

/// <summary>One copy over a WebSocket: records go between the program at this end and the one in the container, and are counted.</summary>
internal sealed class CopySession(ApiClient client, string path, TextWriter errors, long? mostBytes)
{
    /// <summary>So much of what the other end says of its troubles is shown.</summary>
    private const int MostErrors = 64 * 1024;

    private int _said;

    /// <summary>Bytes of records so far, of names and contents.</summary>
    public long Bytes { get; private set; }

    /// <summary>Passes records on to the container.</summary>
    /// <param name="records">What is to be made there.</param>
    /// <param name="ct">Breaks it off.</param>
    /// <returns>The exit code of the program in the container.</returns>
    public async Task<int> SendAsync(Stream records, CancellationToken ct)
    {
        using var connection = await ChannelConnection.OpenAsync(client, path, "cp", ct);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = PumpAsync(connection, records, ended.Token);
        try
        {
            return await ReceiveAsync(connection, Stream.Null, ct);
        }
        finally
        {
            await ended.CancelAsync();
            await sending;
        }
    }

    /// <summary>Passes records of the container on.</summary>
    /// <param name="records">What makes them here.</param>
    /// <param name="ct">Breaks it off.</param>
    /// <returns>The exit code of the program in the container.</returns>
    public async Task<int> ReceiveAsync(Stream records, CancellationToken ct)
    {
        using var connection = await ChannelConnection.OpenAsync(client, path, "cp", ct);
        return await ReceiveAsync(connection, records, ct);
    }

    private async Task PumpAsync(ChannelConnection connection, Stream records, CancellationToken ct)
    {
        try
        {
            var buffer = new byte[1 + (64 * 1024)];
            buffer[0] = 0;
            for (int count; (count = await records.ReadAsync(buffer.AsMemory(1), ct)) > 0;)
            {
                Bytes += count;
                await connection.SendAsync(buffer.AsMemory(0, count + 1), ct);
            }

            await connection.EndAsync(0, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The program there has ended: the receiving side tells how.
        }
    }

    private async Task<int> ReceiveAsync(ChannelConnection connection, Stream records, CancellationToken ct)
    {
        while (true)
        {
            ReadOnlyMemory<byte> message;
            try
            {
                message = await connection.ReceiveAsync(ct);
            }
            catch (WebSocketException e)
            {
                throw new CommandException("the connection to the daemon ended before the copy did: it is not whole", 1, e);
            }

            if (message.IsEmpty)
            {
                throw new CommandException("the daemon closed the session before the copy ended: it is not whole");
            }

            var bytes = message[1..];
            switch (message.Span[0])
            {
                case 1:
                    Bytes += bytes.Length;
                    if (Bytes > mostBytes)
                    {
                        throw new CommandException($"more than {mostBytes} bytes came, the most that --max-size allows: broken off, and not whole");
                    }

                    await records.WriteAsync(bytes, ct);
                    break;
                case 2:
                    await SayAsync(Encoding.UTF8.GetString(bytes.Span));
                    break;
                case 3:
                    return ChannelConnection.ExitCode(bytes.Span, "nothing could be copied");
                default:
                    break;
            }
        }
    }

    // What a container says is shown, not obeyed, and not without end.
    private async Task SayAsync(string text)
    {
        if (_said > MostErrors)
        {
            return;
        }

        _said += text.Length;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await errors.WriteLineAsync(Output.Printable.Text(line));
        }
    }
}

using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

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
        using var socket = await ChannelConnection.OpenAsync(client, path, "cp", ct);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = PumpAsync(socket, records, ended.Token);
        try
        {
            return await ReceiveAsync(socket, Stream.Null, ct);
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
        using var socket = await ChannelConnection.OpenAsync(client, path, "cp", ct);
        return await ReceiveAsync(socket, records, ct);
    }

    private async Task PumpAsync(ClientWebSocket socket, Stream records, CancellationToken ct)
    {
        try
        {
            var buffer = new byte[1 + (64 * 1024)];
            buffer[0] = 0;
            for (int count; (count = await records.ReadAsync(buffer.AsMemory(1), ct)) > 0;)
            {
                Bytes += count;
                await socket.SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, ct);
            }

            await socket.SendAsync(new byte[] { ChannelConnection.Close, 0 }, WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The program there has ended: the receiving side tells how.
        }
    }

    private async Task<int> ReceiveAsync(ClientWebSocket socket, Stream records, CancellationToken ct)
    {
        var buffer = new byte[32 * 1024];
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
                throw new CommandException("the connection to the daemon ended before the copy did: it is not whole", 1, e);
            }

            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw new CommandException("the daemon closed the session before the copy ended: it is not whole");
            }

            message.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage || message.Length == 0)
            {
                continue;
            }

            var whole = message.ToArray();
            message.SetLength(0);
            switch (whole[0])
            {
                case 1:
                    Bytes += whole.Length - 1;
                    if (Bytes > mostBytes)
                    {
                        throw new CommandException($"more than {mostBytes} bytes came, the most that --max-size allows: broken off, and not whole");
                    }

                    await records.WriteAsync(whole.AsMemory(1), ct);
                    break;
                case 2:
                    await SayAsync(Encoding.UTF8.GetString(whole, 1, whole.Length - 1));
                    break;
                case 3:
                    return ExitCode(whole.AsSpan(1));
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

    private static int ExitCode(ReadOnlySpan<byte> status)
    {
        var json = JsonNode.Parse(status) as JsonObject;
        if ((string?)json?["status"] == "Success")
        {
            return 0;
        }

        var cause = json?["details"]?["causes"]?.AsArray().FirstOrDefault(c => (string?)c?["reason"] == "ExitCode");
        return int.TryParse((string?)cause?["message"], CultureInfo.InvariantCulture, out var code)
            ? code
            : throw new CommandException((string?)json?["message"] ?? "nothing could be copied");
    }
}

using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Api;

/// <summary>Exec over the WebSocket with Kubernetes' channels, with real terminals and processes.</summary>
public sealed class ExecTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const byte Stdin = 0;
    private const byte Stdout = 1;
    private const byte Error = 3;
    private const byte Resize = 4;
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_terminal_is_resized_and_its_exit_code_told()
    {
        await _insula.ApplyAsync(Manifests.Pod("terminal", Manifests.Forever));
        await _insula.WaitForReadyAsync("terminal");
        using var socket = await ConnectAsync("terminal", "command=sh&stdin=true&stdout=true&tty=true");
        await SendAsync(socket, Resize, """{"Width":101,"Height":33}""");
        var seen = new StringBuilder();

        // The size and what is typed go different ways to the terminal: it is asked until it has arrived.
        await SendAsync(socket, Stdin, "until [ \"$(stty size)\" = '33 101' ]; do usleep 10000; done; tty; echo size=$(stty size)\n");
        await ReadUntilAsync(socket, seen, text => text.Contains("size=33 101", StringComparison.Ordinal));
        Assert.Contains("/dev/pts/", seen.ToString(), StringComparison.Ordinal);
        await SendAsync(socket, Stdin, "exit 7\n");
        var status = JsonNode.Parse(await ReadUntilAsync(socket, seen, _ => false))!;
        Assert.Equal("NonZeroExitCode", (string?)status["reason"]);
        Assert.Equal("7", (string?)status["details"]!["causes"]![0]!["message"]);
        await _insula.DeletePodAsync("terminal");
    }

    [Fact]
    public async Task A_client_that_goes_takes_its_command_and_all_it_started_with_it()
    {
        await _insula.ApplyAsync(Manifests.Pod("left", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("left");
        using (var socket = await ConnectAsync("left", "command=sh&command=-c&command=" + Uri.EscapeDataString("trap '' HUP TERM; sleep 4711 & sleep 4712 & echo up; wait") + "&stdin=true&stdout=true"))
        {
            await ReadUntilAsync(socket, new StringBuilder(), text => text.Contains("up", StringComparison.Ordinal));
            await Eventually.TrueAsync(() => Sleepers() == 2, "the command and its children run");
            socket.Abort();
        }

        await Eventually.TrueAsync(() => Sleepers() == 0, "nothing of the command is left");
        Assert.True(Pods.IsReady((await _insula.Api.FindPodAsync("left"))!));
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync("left"))!, "main"));
        await _insula.DeletePodAsync("left");

        // By what the container's namespace holds: a command is in a cgroup of its own. The path is the image's, and need not be in the PATH of the tests.
        int Sleepers() => _insula.InNetworkAsync(
            "nsenter", $"--pid=/proc/{Processes.MainOf(_insula, pod, "main")}/ns/pid", $"--mount=/proc/{Processes.MainOf(_insula, pod, "main")}/ns/mnt", "/bin/ps", "-o", "args")
            .GetAwaiter().GetResult().Succeeded().Split('\n').Count(line => line.StartsWith("sleep 471", StringComparison.Ordinal));
    }

    private async Task<ClientWebSocket> ConnectAsync(string pod, string query)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await socket.ConnectAsync(new Uri($"ws://insula/api/v1/namespaces/default/pods/{pod}/exec?{query}"), _insula.Api.Http, deadline.Token);
        Assert.Equal("v5.channel.k8s.io", socket.SubProtocol);
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, byte channel, string text) =>
        socket.SendAsync((byte[])[channel, .. Encoding.UTF8.GetBytes(text)], WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    /// <summary>Collects output until the condition holds, or until the final Status, which it returns.</summary>
    private static async Task<string> ReadUntilAsync(ClientWebSocket socket, StringBuilder output, Func<string, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var buffer = new byte[65536];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer, deadline.Token);
            var text = Encoding.UTF8.GetString(buffer, 1, Math.Max(0, message.Count - 1));
            if (buffer[0] == Error || message.MessageType == WebSocketMessageType.Close)
            {
                return text;
            }

            if (buffer[0] == Stdout && condition(output.Append(text).ToString()))
            {
                return "";
            }
        }
    }
}

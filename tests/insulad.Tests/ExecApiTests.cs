using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Pods.Streaming;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class ExecApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Output_input_half_close_and_exit_code_travel()
    {
        var exec = new FakeExec(stdin: true);
        PodExecRequest? asked = null;
        using var socket = await ConnectAsync("v5.channel.k8s.io", "command=cat&command=a%20b&stdin=true&stdout=true&stderr=true", r =>
        {
            asked = r;
            return exec;
        });
        await SendAsync(socket, 0, "hello"u8.ToArray());
        await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        using var input = exec.CommandInput;
        Assert.Equal("hello", await input.ReadToEndAsync());

        // The command is started after the upgrade, so only what came of it tells that it was asked for.
        Assert.Equal(["cat", "a b"], asked!.Command);
        await exec.CommandOutput.WriteAsync("out"u8.ToArray());
        await exec.CommandOutput.FlushAsync();
        Assert.Equal((1, "out"), await ReceiveAsync(socket));
        await exec.CommandError.WriteAsync("err"u8.ToArray());
        await exec.CommandError.FlushAsync();
        Assert.Equal((2, "err"), await ReceiveAsync(socket));
        exec.Exit(3);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal(3, channel);
        var status = JsonNode.Parse(text)!;
        Assert.Equal(("Failure", "NonZeroExitCode", "ExitCode", "3"),
            ((string)status["status"]!, (string)status["reason"]!, (string)status["details"]!["causes"]![0]!["reason"]!, (string)status["details"]!["causes"]![0]!["message"]!));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await exec.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Success_is_a_Status_and_v4_is_spoken()
    {
        var exec = new FakeExec(stdin: false);
        using var socket = await ConnectAsync("v4.channel.k8s.io", "command=true&stdout=true", _ => exec);
        exec.Exit(0);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal((3, "Success"), (channel, (string?)JsonNode.Parse(text)!["status"]));
    }

    [Fact]
    public async Task A_terminal_is_resized()
    {
        var exec = new FakeExec(stdin: true);
        using var socket = await ConnectAsync("v5.channel.k8s.io", "command=sh&stdin=true&stdout=true&tty=true", _ => exec);
        await SendAsync(socket, 4, """{"Width":120,"Height":40}"""u8.ToArray());
        Assert.Equal((40, 120), await exec.Resized.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_client_that_goes_ends_the_command()
    {
        var exec = new FakeExec(stdin: true);
        var socket = await ConnectAsync("v5.channel.k8s.io", "command=sh&stdin=true&stdout=true", _ => exec);
        socket.Abort();
        socket.Dispose();
        await exec.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_refusal_comes_on_the_error_channel()
    {
        using var socket = await ConnectAsync("v5.channel.k8s.io", "command=sh&stdout=true", _ => throw new PodRequestException("BadRequest", "container main is not running"));
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal((3, "container main is not running"), (channel, (string?)JsonNode.Parse(text)!["message"]));
    }

    [Fact]
    public async Task What_is_wrong_with_a_request_is_said_before_the_upgrade()
    {
        var ns = await PodAsync();
        var path = $"/api/v1/namespaces/{ns}/pods/web/exec";
        var (code, status) = await api.SendAsync(Post, path + "?command=sh");
        Assert.Equal((400, "you must specify at least 1 of stdin, stdout, stderr"), (code, (string?)status["message"]));
        (code, _) = await api.SendAsync(Post, path + "?stdout=true");
        Assert.Equal(400, code);
        (code, status) = await api.SendAsync(Get, path + "?command=sh&stdout=true");
        Assert.Contains("Upgrade request required", (string?)status["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(Get, $"/api/v1/namespaces/{ns}/pods/none/exec?command=sh&stdout=true");
        Assert.Equal(404, code);
    }

    [Fact]
    public async Task A_copy_is_asked_for_by_its_path_and_name_and_speaks_as_exec_does()
    {
        var exec = new FakeExec(stdin: true);
        PodCopyRequest? asked = null;
        api.Pods.Copy = r =>
        {
            asked = r;
            return exec;
        };
        using var socket = await ConnectAsync("copy", "v5.channel.k8s.io", "path=/srv%2Fa%20b&name=c");
        await SendAsync(socket, 0, "records"u8.ToArray());
        await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        using var input = exec.CommandInput;
        Assert.Equal("records", await input.ReadToEndAsync());
        Assert.Equal(("web", "main", "/srv/a b", "c"), (asked!.Pod, asked.Container, asked.Path, asked.Name));
        exec.Exit(1);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal((3, "1"), (channel, (string?)JsonNode.Parse(text)!["details"]!["causes"]![0]!["message"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?path=")]
    [InlineData("?path=/a%00b")]
    [InlineData("?path=/a&name=..")]
    [InlineData("?path=/a&name=b/c")]
    [InlineData("?path=/a&name=b%00")]
    [InlineData("?path=/a&container=nobody")]
    public async Task A_copy_that_leads_nowhere_is_refused_before_the_upgrade(string query)
    {
        var ns = await PodAsync();
        var (code, _) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods/web/copy{query}");
        Assert.Equal(400, code);
        using var answer = await api.ReadOnlyClient.GetAsync(new Uri($"/api/v1/namespaces/{ns}/pods/web/copy?path=/", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static Task SendAsync(ClientWebSocket socket, byte channel, byte[] bytes) =>
        socket.SendAsync((byte[])[channel, .. bytes], WebSocketMessageType.Binary, true, CancellationToken.None);

    private static async Task<(int Channel, string Text)> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, timeout.Token);
            if (part.Count > 0)
            {
                return (buffer[0], Encoding.UTF8.GetString(buffer, 1, part.Count - 1));
            }

            Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
        }
    }

    [Fact]
    public async Task Attaching_begins_with_the_log_up_to_where_the_copies_begin_and_ends_with_the_exit_code()
    {
        var directory = Directory.CreateDirectory(Path.Combine(api.DirectoryPath, Guid.NewGuid().ToString("n"))).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(directory, "0.log"),
            "2026-01-01T00:00:01.000000000Z stdout F one\n2026-01-01T00:00:01.000000001Z stderr F other\n2026-01-01T00:00:02.000000000Z stdout P tw\n2026-01-01T00:00:03.000000000Z stdout F late\n");
        var files = new PodLogFiles(0, api.DirectoryPath, $"{Path.GetFileName(directory)}/0.log", Task.CompletedTask);
        var exec = new FakeExec(stdin: true) { Log = new PodLogPart(files, new DateTimeOffset(2026, 1, 1, 0, 0, 3, TimeSpan.Zero)) };
        PodAttachRequest? asked = null;
        api.Pods.Attach = r =>
        {
            asked = r;
            return exec;
        };
        using var socket = await ConnectAsync("attach", "v5.channel.k8s.io", "stdin=true&stdout=true&logs=true");
        Assert.Equal((1, "one\ntw"), await ReceiveAsync(socket));
        await exec.CommandOutput.WriteAsync("o\n"u8.ToArray());
        await exec.CommandOutput.FlushAsync();
        var received = new HashSet<(int, string)> { await ReceiveAsync(socket), await ReceiveAsync(socket) };
        Assert.Equal([(1, "o\n"), (2, "other\n")], received.Order());
        Assert.Equal(("web", "main", true, true, false, true), (asked!.Pod, asked.Container, asked.Stdin, asked.Stdout, asked.Tty, asked.Logs));
        exec.Exit(9);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal((3, "9"), (channel, (string?)JsonNode.Parse(text)!["details"]!["causes"]![0]!["message"]));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await exec.Left.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await exec.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Who_has_nothing_more_to_say_leaves_unless_that_is_passed_on()
    {
        var exec = new FakeExec(stdin: true) { GoesOn = false };
        api.Pods.Attach = _ => exec;
        using var socket = await ConnectAsync("attach", "v5.channel.k8s.io", "stdin=true&stdout=true");
        await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal((3, "Success"), (channel, (string?)JsonNode.Parse(text)!["status"]));
        await exec.Left.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Who_is_cut_off_is_told()
    {
        var exec = new FakeExec(stdin: false);
        api.Pods.Attach = _ => exec;
        using var socket = await ConnectAsync("attach", "v5.channel.k8s.io", "stdout=true");
        exec.Break(new Insula.Sandbox.Attach.SlowReaderException());
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal(3, channel);
        Assert.Equal(("Failure", "Timeout"), ((string?)JsonNode.Parse(text)!["status"], (string?)JsonNode.Parse(text)!["reason"]));
    }

    private async Task<string> PodAsync()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        return ns;
    }

    private Task<ClientWebSocket> ConnectAsync(string protocol, string query, Func<PodExecRequest, FakeExec> run)
    {
        api.Pods.Exec = run;
        return ConnectAsync("exec", protocol, query);
    }

    private async Task<ClientWebSocket> ConnectAsync(string subresource, string protocol, string query)
    {
        var ns = await PodAsync();
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        using var invoker = ApiFixture.Invoker(api.SocketPath);
        await socket.ConnectAsync(new Uri($"ws://insula/api/v1/namespaces/{ns}/pods/web/{subresource}?{query}"), invoker, CancellationToken.None);
        Assert.Equal(protocol, socket.SubProtocol);
        return socket;
    }
}

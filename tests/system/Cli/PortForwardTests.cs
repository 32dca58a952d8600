using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>Local ports that lead into pods.</summary>
public sealed class PortForwardTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    /// <summary>An echo, one that counts to the end, one that never stops, and a web server on the loopback alone.</summary>
    private const string Servers =
        "nc -ll -p 7 -e cat & nc -ll -p 8 -e wc -c & nc -ll -p 9 -e cat /dev/zero & httpd -p 127.0.0.1:80 -h /etc; " + Manifests.Forever;

    private static readonly object s_serving = new
    {
        startupProbe = new { exec = new { command = new[] { "sh", "-c", "test $(netstat -ltn | grep -c LISTEN) = 4" } }, periodMilliseconds = 200, failureThreshold = 100 },
    };

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task What_listens_on_the_loopback_alone_is_reached_and_halves_are_closed_one_by_one()
    {
        await _insula.ApplyAsync(Manifests.Pod("inner", Servers, s_serving));
        await _insula.WaitForReadyAsync("inner");
        await using var forward = RunningCommand.Insula(_insula, "port-forward", "inner", ":7", ":8", ":80");
        var (echo, count) = (await PortAsync(forward, 7), await PortAsync(forward, 8));
        await AnswersAsync(echo, "hello");
        Assert.Contains("root:x:0:0", await AskAsync(await PortAsync(forward, 80), "GET /passwd HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);

        // It answers at the end of what it is sent only.
        Assert.Equal("70000", (await AskAsync(count, new string('x', 70000))).Trim());

        // Nobody listens there: the connection is reset, the reason told, and the others go on.
        await using var nowhere = RunningCommand.Insula(_insula, "port-forward", "pod/inner", ":4711");
        await Assert.ThrowsAnyAsync<SocketException>(async () => await AskAsync(await PortAsync(nowhere, 4711), "x"));
        await nowhere.SaysAsync("error: port 4711: pod inner, port 4711: connect: connection refused");
        Assert.Equal("again", await AskAsync(echo, "again"));
        await _insula.DeletePodAsync("inner");
    }

    [Fact]
    public async Task A_reset_and_a_reader_that_does_not_read_touch_no_other_connection()
    {
        await _insula.ApplyAsync(Manifests.Pod("apart", Servers, s_serving));
        await _insula.WaitForReadyAsync("apart");
        await using var forward = RunningCommand.Insula(_insula, "port-forward", "apart", ":7", ":9");
        var (echo, zeros) = (await PortAsync(forward, 7), await PortAsync(forward, 9));
        await AnswersAsync(echo, "hello");
        using var lasting = await DialAsync(echo);
        await SayAsync(lasting, "one");

        // The first never reads: what it does not take fills the buffers on the way, and no more.
        using var slow = await DialAsync(zeros);
        await Eventually.TrueAsync(() => slow.Available > 0, "zeros come");
        var before = Resident(_insula.DaemonPid);
        using (var reset = await DialAsync(echo))
        {
            await SayAsync(reset, "reset");
            reset.Close(0);
        }

        await SayAsync(lasting, "two");
        Assert.Equal("three", await AskAsync(echo, "three"));
        Assert.InRange(Resident(_insula.DaemonPid), 0, before + (32 << 20));
        await _insula.DeletePodAsync("apart");
    }

    [Fact]
    public async Task A_pod_made_anew_and_a_daemon_started_anew_are_found()
    {
        await _insula.ApplyAsync(Manifests.Pod("anew", Servers, s_serving));
        await _insula.WaitForReadyAsync("anew");
        await using var forward = RunningCommand.Insula(_insula, "port-forward", "anew", ":7");
        var echo = await PortAsync(forward, 7);
        await AnswersAsync(echo, "first");
        using var old = await DialAsync(echo);
        await SayAsync(old, "here");
        await _insula.DeletePodAsync("anew");
        await AssertEndsAsync(old);
        await _insula.ApplyAsync(Manifests.Pod("anew", Servers, s_serving));
        await _insula.WaitForReadyAsync("anew");
        await AnswersAsync(echo, "second");

        using var held = await DialAsync(echo);
        await SayAsync(held, "here");
        await _insula.KillDaemonAsync();
        await AssertEndsAsync(held);
        await forward.SaysAsync("error: port 7: the connection was broken off");
        await _insula.StartDaemonAsync();
        await AnswersAsync(echo, "third");
        await _insula.DeletePodAsync("anew");
    }

    [Fact]
    public async Task A_Service_leads_to_its_target_and_to_the_pod_that_takes_the_place_of_another()
    {
        await _insula.ApplyAsync(Manifests.Pod("one", Servers, s_serving, metadata: new { labels = new { app = "echo" } }));
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"echo"},"spec":{"selector":{"app":"echo"},"ports":[{"port":80,"targetPort":7}]}}""");
        await _insula.WaitForReadyAsync("one");
        await using var forward = RunningCommand.Insula(_insula, "port-forward", "service/echo", ":80", "--address", "127.0.0.1");
        var port = await PortAsync(forward, 7);
        await AnswersAsync(port, "one");
        await _insula.DeletePodAsync("one");
        await _insula.ApplyAsync(Manifests.Pod("two", Servers, s_serving, metadata: new { labels = new { app = "echo" } }));
        await _insula.WaitForReadyAsync("two");
        await AnswersAsync(port, "two");
        await _insula.DeletePodAsync("two");
        (await _insula.CliAsync("delete", "service", "echo")).Succeeded();
    }

    [Fact]
    public async Task Nothing_is_left_of_clients_that_vanish()
    {
        await _insula.ApplyAsync(Manifests.Pod("vanish", Servers, s_serving));
        var pod = await _insula.WaitForReadyAsync("vanish");
        var before = Descriptors();
        for (var i = 0; i < 5; i++)
        {
            await using var forward = RunningCommand.Insula(_insula, "port-forward", "vanish", ":7", ":9");
            var (echo, zeros) = (await PortAsync(forward, 7), await PortAsync(forward, 9));
            await AnswersAsync(echo, "up");
            using var held = await DialAsync(echo);
            await SayAsync(held, "held");
            using var flood = await DialAsync(zeros);
            await Eventually.TrueAsync(() => flood.Available > 0, "zeros come");
        }

        // Killed, not ended: RunningCommand does so. A few descriptors are the pool's and the runtime's.
        await Eventually.TrueAsync(() => Descriptors() <= before + 3, "the daemon has closed what it held");
        await Eventually.TrueAsync(
            async () => !(await _insula.CliAsync("exec", "vanish", "--", "netstat", "-tn")).Succeeded().Contains("ESTABLISHED", StringComparison.Ordinal), "no connection is left in the pod");
        await _insula.DeletePodAsync("vanish");

        int Descriptors() => Directory.GetFileSystemEntries($"/proc/{_insula.DaemonPid}/fd").Length;
    }

    [Fact]
    public async Task What_cannot_be_forwarded_is_said_at_once()
    {
        Assert.Contains("not found", (await _insula.CliAsync("port-forward", "nobody", ":80")).Failed(), StringComparison.Ordinal);
        Assert.Contains("a port is written", (await _insula.CliAsync("port-forward", "nobody", "0")).Failed(), StringComparison.Ordinal);
        await _insula.ApplyAsync(Manifests.Pod("ended", "exit 0", spec: new { restartPolicy = "Never" }));
        await _insula.WaitForPodAsync("ended", p => Pods.Phase(p) == "Succeeded", "Succeeded");
        Assert.Contains("has ended", (await _insula.CliAsync("port-forward", "ended", ":80")).Failed(), StringComparison.Ordinal);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        await _insula.ApplyAsync(Manifests.Pod("waiting", Manifests.Forever));
        await _insula.WaitForReadyAsync("waiting");
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        Assert.Contains($"port {port}", (await _insula.CliAsync("port-forward", "waiting", $"{port}:80", "--address", "127.0.0.1")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("ended");
        await _insula.DeletePodAsync("waiting");
    }

    private static async Task<int> PortAsync(RunningCommand forward, int remote)
    {
        var line = new Regex($@"^Forwarding from 127\.0\.0\.1:(\d+) -> {remote}$", RegexOptions.Multiline);
        var output = await Eventually.GetAsync(() => Task.FromResult(forward.Output), line.IsMatch, $"port {remote} is forwarded");
        return int.Parse(line.Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>A server that has just been started may not listen yet.</summary>
    private static Task AnswersAsync(int port, string text) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return await AskAsync(port, text) == text;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        "the echo answers");

    private static async Task<Socket> DialAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    /// <summary>Says something to the echo and hears it.</summary>
    private static async Task SayAsync(Socket socket, string text)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), deadline.Token);
        var answer = new byte[text.Length];
        for (var have = 0; have < answer.Length;)
        {
            var count = await socket.ReceiveAsync(answer.AsMemory(have), deadline.Token);
            Assert.NotEqual(0, count);
            have += count;
        }

        Assert.Equal(text, Encoding.ASCII.GetString(answer));
    }

    /// <summary>Says something, closes that half, and hears all of the answer.</summary>
    private static async Task<string> AskAsync(int port, string text)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        using var socket = await DialAsync(port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), deadline.Token);
        socket.Shutdown(SocketShutdown.Send);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        for (int count; (count = await socket.ReceiveAsync(buffer, deadline.Token)) > 0;)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return answer.ToString();
    }

    /// <summary>A connection ends with its pod or its daemon: by an end or a reset.</summary>
    private static async Task AssertEndsAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[16], deadline.Token));
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }
    }

    private static long Resident(int pid) => 4096 * long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture);
}

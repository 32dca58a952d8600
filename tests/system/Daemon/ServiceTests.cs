using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>The daemon as a service: what it tells its manager, what its sockets allow, and how it ends.</summary>
public sealed class ServiceTests
{
    [Fact]
    public async Task The_service_manager_hears_readiness_life_and_the_end()
    {
        var path = $"/var/tmp/insula-test-{Guid.NewGuid():n}.sock";
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            await using var insula = await Instance.StartAsync(new InstanceSetup
            {
                Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "900000" },
            });
            Assert.StartsWith("READY=1\nSTATUS=", await ReceiveUntilAsync(manager, "READY=1"), StringComparison.Ordinal);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("WATCHDOG=1", await ReceiveAsync(manager));
            }

            // A daemon that hangs is silent, and that is what the manager waits for.
            (await Commands.RunAsync("kill", ["-STOP", $"{insula.DaemonPid}"])).Succeeded();
            try
            {
                await Eventually.TrueAsync(() => Processes.Status(insula.DaemonPid, "State").StartsWith('T'), "the daemon is held");
                while (manager.Available > 0)
                {
                    await ReceiveAsync(manager);
                }

                Assert.False(manager.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead));
            }
            finally
            {
                (await Commands.RunAsync("kill", ["-CONT", $"{insula.DaemonPid}"])).Succeeded();
            }

            Assert.Equal("WATCHDOG=1", await ReceiveAsync(manager));
            await insula.StopDaemonAsync();
            await ReceiveUntilAsync(manager, "STOPPING=1");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_manager_that_hangs_holds_nothing_up()
    {
        var path = $"/var/tmp/insula-test-{Guid.NewGuid():n}.sock";
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            await using var insula = await Instance.StartAsync(new InstanceSetup
            {
                Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "3000" },
            });

            // The kernel queues a few datagrams for a reader that does not read, and then blocks the writer.
            using var flood = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            flood.Connect(new UnixDomainSocketEndPoint(path));
            await Eventually.TrueAsync(
                () =>
                {
                    try
                    {
                        flood.Send("x"u8);
                        return false;
                    }
                    catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
                    {
                        return true;
                    }
                },
                "the queue is full");
            await insula.ApplyAsync(Manifests.Pod("goes-on", Manifests.Forever));
            await insula.WaitForReadyAsync("goes-on");
            await insula.DeletePodAsync("goes-on");
            await insula.StopDaemonAsync();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_stopped_daemon_leaves_its_pods_to_the_next()
    {
        await using var insula = await Instance.StartAsync();
        await insula.ApplyAsync(Manifests.Pod("stays", Manifests.Forever));
        var before = await insula.WaitForReadyAsync("stays");
        var pid = Processes.MainOf(insula, before, "main");
        var daemon = insula.DaemonPid;
        await insula.StopDaemonAsync();
        Assert.False(Directory.Exists($"/proc/{daemon}"));
        Assert.True(Directory.Exists($"/proc/{pid}"), "the container goes on");
        Assert.Contains("stopped; pods go on", insula.DaemonLog, StringComparison.Ordinal);
        Assert.False(File.Exists(insula.Socket), "an ended daemon leaves no socket");
        var refused = (await insula.CliAsync("get", "pods")).Failed();
        Assert.Contains(insula.Socket, refused, StringComparison.Ordinal);

        await insula.StartDaemonAsync();
        var after = (await insula.Api.FindPodAsync("stays"))!;
        Assert.True(Pods.IsReady(after));
        Assert.Equal(0, Pods.Restarts(after, "main"));
        Assert.Equal(pid, Processes.MainOf(insula, after, "main"));
        Assert.Equal("adopted\n", (await insula.CliAsync("exec", "stays", "--", "echo", "adopted")).Succeeded());
    }

    [Fact]
    public async Task A_socket_under_a_long_path_serves_api_and_command_line()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup
        {
            Socket = i => Path.Combine(i.Base, new string('l', 100), new string('m', 100), "insula.sock"),
        });
        Assert.True(insula.Socket.Length > 200);
        Assert.Equal("660 root", (await Commands.RunAsync("stat", ["-c", "%a %U", insula.Socket])).Succeeded().Trim());
        await insula.ApplyAsync(Manifests.Pod("far", Manifests.Forever));
        await insula.WaitForReadyAsync("far");
        var result = await insula.CliWithInputAsync("through a long path", "exec", "-i", "far", "--", "cat");
        Assert.Equal("through a long path", result.Succeeded());
    }

    [Fact]
    public async Task The_read_only_socket_shows_and_does_nothing()
    {
        var path = $"/var/tmp/insula-test-{Guid.NewGuid():n}.sock";
        await using var insula = await Instance.StartAsync($"read-only-socket: {path}\nread-only-group: daemon\n");
        Assert.Equal("660 daemon", (await Commands.RunAsync("stat", ["-c", "%a %G", path])).Succeeded().Trim());
        await insula.ApplyAsync(Manifests.Pod("seen", $"echo hello; {Manifests.Forever}"));
        await insula.WaitForReadyAsync("seen");
        await Eventually.TrueAsync(async () => (await ReadOnlyAsync("logs", "seen")).Output == "hello\n", "logs are shown");
        Assert.Contains("seen", (await ReadOnlyAsync("get", "pods")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Restart Count", (await ReadOnlyAsync("describe", "pod", "seen")).Succeeded(), StringComparison.Ordinal);
        foreach (var words in (string[][])[
            ["exec", "seen", "--", "true"], ["delete", "pod", "seen"], ["load", Repository.Image("busybox")],
            ["apply", "-f", Path.Combine(Repository.Root, "examples", "hello.yaml")]])
        {
            Assert.Contains("read-only", (await ReadOnlyAsync(words)).Failed(), StringComparison.OrdinalIgnoreCase);
        }

        using var api = new ApiClient(path);
        foreach (var (method, target) in ((HttpMethod, string)[])[
            (HttpMethod.Post, "/api/v1/namespaces/default/pods"), (HttpMethod.Put, "/api/v1/namespaces/default/pods/seen"),
            (HttpMethod.Patch, "/api/v1/namespaces/default/pods/seen"), (HttpMethod.Delete, "/api/v1/namespaces/default/pods"),
            (HttpMethod.Get, "/api/v1/namespaces/default/pods/seen/exec?command=true"), (HttpMethod.Get, "/api/v1/namespaces/default/pods/seen/attach"),
            (HttpMethod.Get, "/api/v1/namespaces/default/pods/seen/portforward?ports=80"), (HttpMethod.Get, "/api/v1/namespaces/default/pods/seen/proxy"),
            (HttpMethod.Get, "/api/v1/secrets"), (HttpMethod.Get, "/api/v1/namespaces/default/secrets?watch=true"), (HttpMethod.Get, "/api/v1/namespaces/default/secrets/any"), (HttpMethod.Delete, "/apis/insula.dev/v1/images/busybox")])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await api.SendAsync(method, target)).Code);
        }

        Assert.True(Pods.IsReady((await insula.Api.FindPodAsync("seen"))!));

        Task<CommandResult> ReadOnlyAsync(params string[] words) => Commands.RunAsync(
            Repository.Program("insula"), words, environment: new Dictionary<string, string> { ["INSULA_SOCKET"] = path, ["NO_COLOR"] = "1" });
    }

    [Fact]
    public async Task Each_socket_is_its_group_s_and_others_are_told_so()
    {
        const int nobody = 65534, daemon = 1;
        var path = $"/var/tmp/insula-test-{Guid.NewGuid():n}.sock";
        await using var insula = await Instance.StartAsync($"read-only-socket: {path}\nread-only-group: daemon\n");
        foreach (var (socket, group) in ((string, int)[])[(insula.Socket, nobody), (insula.Socket, daemon), (path, nobody)])
        {
            var refused = await GetPodsAsync(socket, group);
            Assert.Contains("ermission", refused.Failed(), StringComparison.Ordinal);
            Assert.Contains(socket, refused.Error, StringComparison.Ordinal);
        }

        (await GetPodsAsync(path, daemon)).Succeeded();

        static Task<CommandResult> GetPodsAsync(string socket, int group) => Commands.RunAsync(
            "setpriv", [$"--reuid={nobody}", $"--regid={group}", "--clear-groups", Repository.Program("insula"), "get", "pods"],
            environment: new Dictionary<string, string> { ["INSULA_SOCKET"] = socket });
    }

    private static async Task<string> ReceiveUntilAsync(Socket manager, string start)
    {
        while (true)
        {
            var message = await ReceiveAsync(manager);
            if (message.StartsWith(start, StringComparison.Ordinal))
            {
                return message;
            }
        }
    }

    private static async Task<string> ReceiveAsync(Socket manager)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, deadline.Token));
    }
}

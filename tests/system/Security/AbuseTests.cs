using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>What containers and clients can make the daemon read, hold and remember has a limit.</summary>
public sealed class AbuseTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const long Megabyte = 1 << 20;
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Output_without_end_is_not_kept()
    {
        string[] pods = ["flood-0", "flood-1", "flood-2"];
        var before = MemoryInUse();
        foreach (var pod in pods)
        {
            await _insula.ApplyAsync(Manifests.Pod(
                pod, $"head -c 100000000 /dev/zero > /dev/termination-log; {Manifests.Forever}",
                container: new { livenessProbe = new { exec = new { command = new[] { "yes", new string('y', 4000) } }, periodSeconds = 1, timeoutSeconds = 2, failureThreshold = 3 } },
                spec: new { terminationGracePeriodSeconds = 1 }));
        }

        foreach (var pod in pods)
        {
            var seen = await _insula.WaitForPodAsync(pod, p => Pods.Restarts(p, "main") > 0, "the probe has failed three times");
            var message = (string?)Pods.Container(seen, "main")!["lastState"]!["terminated"]!["message"];
            Assert.True(message is { Length: > 0 and <= 4096 }, $"a termination message of {message?.Length} characters");
        }

        // Ten of the probes' two seconds would be gigabytes.
        Assert.InRange(MemoryInUse() - before, long.MinValue, 128 * Megabyte);
        var events = (await _insula.CliAsync("get", "events", "-o", "json")).Succeeded();
        Assert.InRange(events.Length, 1, Megabyte);
        await Task.WhenAll(pods.Select(pod => _insula.DeletePodAsync(pod)));
    }

    [Fact]
    public async Task Commands_whose_clients_went_away_half_way_leave_nothing_open()
    {
        await _insula.ApplyAsync(Manifests.Pod("half", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("half");
        string[] requests =
        [
            "", "GET /api/v1/namespaces/default/pods/half/exec?command=sleep&command=3600&stdout=true HTTP/1.1\r\nHost: insu",
            Upgrade("command=sleep&command=3600&stdout=true"), Upgrade("command=sh&stdin=true&stdout=true&tty=true"),
            Upgrade("command=yes&stdout=true&stderr=true"), Upgrade("command=/nonesuch&stdout=true"),
        ];
        await HangUpAsync(requests);
        await IdleAsync("the first commands are gone");
        var (files, threads) = (Count("fd"), Count("task"));
        for (var i = 0; i < 20; i++)
        {
            await HangUpAsync(requests);
        }

        await IdleAsync("all commands are gone");
        await Eventually.TrueAsync(() => Count("fd") <= files + 3, $"of more than {files} files the others are closed again");
        Assert.InRange(Count("task"), 1, threads + 10); // the runtime's pool comes and goes
        (await _insula.CliAsync("exec", "half", "--", "true")).Succeeded();
        await _insula.DeletePodAsync("half");

        Task IdleAsync(string what) => Eventually.TrueAsync(() => Commands() == 0, what);

        // Each command has a group of its own below its container's.
        int Commands() => Directory.EnumerateDirectories(Processes.GroupOf(_insula, pod, "main", "pids")!).Count();
    }

    [Fact]
    public async Task What_takes_the_place_of_a_log_is_not_read()
    {
        var secret = Path.Combine(_insula.Base, "secret");
        var other = Directory.CreateDirectory(Path.Combine(_insula.Base, "other")).FullName;
        await File.WriteAllTextAsync(secret, "2026-01-01T00:00:00.000000000Z stdout F of the host\n");
        File.Copy(secret, Path.Combine(other, "0.log"));
        await _insula.ApplyAsync(Manifests.Pod("logged", $"echo of the pod; {Manifests.Forever}"));
        var uid = Pods.Uid(await _insula.WaitForReadyAsync("logged"));
        await _insula.OutputIsAsync("of the pod\n", "logs", "logged");
        await _insula.ApplyAsync(Manifests.Pod(
            "planter", Manifests.Forever, container: new { volumeMounts = new[] { new { name = "logs", mountPath = "/logs" } } },
            spec: new { volumes = new[] { new { name = "logs", hostPath = new { path = $"{_insula.Root}/pods/{uid}/logs" } } } }));
        await _insula.WaitForReadyAsync("planter");
        string[] plants =
        [
            $"ln -sf {secret} /logs/main/0.log.1", $"ln -sf {secret} /logs/main/0.log", "rm /logs/main/0.log; mkfifo /logs/main/0.log", $"mv /logs/main /logs/away; ln -s {other} /logs/main",
        ];
        foreach (var plant in plants)
        {
            (await _insula.CliAsync("exec", "planter", "--", "sh", "-c", plant)).Succeeded();
            var read = await _insula.CliAsync("logs", "logged");
            Assert.DoesNotContain("of the host", read.Output + read.Error, StringComparison.Ordinal);
        }

        await _insula.DeletePodAsync("planter");
        await _insula.DeletePodAsync("logged");
    }

    [Fact]
    public async Task What_takes_the_place_of_a_termination_message_is_not_read()
    {
        var secret = Path.Combine(_insula.Base, "secret-words");
        await File.WriteAllTextAsync(secret, "of the host");
        await _insula.ApplyAsync(Manifests.Pod("last-words", $"echo of the pod > /dev/termination-log; {Manifests.Forever}"));
        var pod = await _insula.WaitForReadyAsync("last-words");
        await _insula.ApplyAsync(Manifests.Pod(
            "word-planter", Manifests.Forever,
            container: new
            {
                securityContext = new { capabilities = new { add = new[] { "MKNOD" } } },
                volumeMounts = new[] { new { name = "words", mountPath = "/words" } },
            },
            spec: new { volumes = new[] { new { name = "words", hostPath = new { path = $"{_insula.Root}/pods/{Pods.Uid(pod)}/termination" } } } }));
        await _insula.WaitForReadyAsync("word-planter");
        string[] plants = ["", $"ln -s {secret} $f", "mkfifo $f", "mkdir $f", "mknod $f c 1 5"];
        for (var start = 0; start < plants.Length; start++)
        {
            // In the place of this start's, which is read, and of the next one's, which is made.
            foreach (var number in plants[start].Length > 0 ? (int[])[start, start + 1] : [])
            {
                (await _insula.CliAsync("exec", "word-planter", "--", "sh", "-ec", $"f=/words/main.{number}; rm -f $f; {plants[start]}")).Succeeded();
            }

            await Processes.KillAsync(_insula, pod, "main");
            pod = await _insula.WaitForPodAsync("last-words", p => Pods.Restarts(p, "main") == start + 1 && Pods.IsReady(p), "it has started again");
            Assert.Equal(start == 0 ? "of the pod\n" : "", (string?)Pods.Container(pod, "main")!["lastState"]!["terminated"]!["message"] ?? "");
        }

        await _insula.DeletePodAsync("word-planter");
        await _insula.DeletePodAsync("last-words");
    }

    private static string Upgrade(string query) =>
        $"GET /api/v1/namespaces/default/pods/half/exec?{query} HTTP/1.1\r\nHost: insula\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n";

    private async Task HangUpAsync(string[] requests)
    {
        foreach (var request in requests)
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(_insula.Socket));
            await client.SendAsync(Encoding.ASCII.GetBytes(request));
            if (request.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                // The answer's first bytes: it is under way.
                await client.ReceiveAsync(new byte[16]).WaitAsync(Eventually.Deadline);
            }
        }
    }

    private int Count(string what) => Directory.EnumerateFileSystemEntries($"/proc/{_insula.DaemonPid}/{what}").Count();

    private long MemoryInUse() => long.Parse(Processes.Status(_insula.DaemonPid, "VmHWM").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
}

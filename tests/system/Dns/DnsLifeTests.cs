using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Insula.Dns.Messages;
using Insula.Dns.Tests;
using Insula.Linux.Processes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>The server's own life: it outlives its daemon, is started again, replaced, and has no rights.</summary>
public sealed class DnsLifeTests(DnsFixture fixture) : IClassFixture<DnsFixture>
{
    private const string Name = "web.default.svc.cluster.local";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task No_question_is_lost_through_deaths_of_the_daemon_and_of_the_server_and_through_an_upgrade()
    {
        var address = await ServiceAsync();
        await _insula.ApplyAsync(Manifests.Pod("stays", Manifests.Forever));
        await _insula.WaitForReadyAsync("stays");
        var server = Single();
        using var stop = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 2).Select(_ => AskAlwaysAsync(address, stop.Token)).ToList();

        await _insula.KillDaemonAsync();
        await AskedAsync();
        await _insula.StartDaemonAsync();
        await AskedAsync();
        Assert.Equal(server, Single());

        await _insula.StopDaemonAsync();
        await AskedAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal(server, Single());

        await KillAsync(server);
        await Eventually.TrueAsync(() => Servers() is [var other] && other != server, "another server is started");
        server = Single();
        await AskedAsync();

        // A new version: the old one serves until it does.
        var program = Path.Combine(_insula.Base, "insula-dns");
        File.Copy(Repository.Program("insula-dns"), program);
        await File.AppendAllTextAsync(program, "another");
        var config = _insula.Config;
        _insula.Config = $"{config}dns-program: {program}\n";
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(() => Servers() is [var other] && other != server, "the new version takes the old one's place");
        await AskedAsync();
        _insula.Config = config;
        await _insula.StopDaemonAsync();
        await _insula.StartDaemonAsync();
        await AskedAsync();

        await stop.CancelAsync();
        foreach (var one in asking)
        {
            var (count, wrong) = await one;
            Assert.Empty(wrong);
            Assert.InRange(count, 100, int.MaxValue);
        }

        // The machine's own shutdown of pods takes the server with it.
        await _insula.StopDaemonAsync();
        Assert.Single(Servers());
        (await _insula.DrainAsync()).Succeeded();
        Assert.Empty(Servers());
        Assert.False(Directory.Exists(Path.Combine(_insula.Run, "dns")));
        await _insula.StartDaemonAsync();
        await _insula.DeletePodAsync("stays");
        (await _insula.CliAsync("delete", "service", "web")).Succeeded();
    }

    [Fact]
    public async Task Without_pods_the_server_ends_with_its_daemon()
    {
        await _insula.StopDaemonAsync();
        Assert.Empty(Servers());
        await Leaks.AssertNothingIsLeftAsync(_insula);
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(() => Servers().Count == 1, "a server is there");
    }

    [Fact]
    public async Task A_server_has_no_rights_no_files_and_little_memory()
    {
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, "dns-version.cluster.local", RecordTypes.TXT) == "05312E312E30", "it serves");
        var pid = Single();
        Assert.Equal("65534\t65534\t65534\t65534", Processes.Status(pid, "Uid"));
        Assert.Equal("65534\t65534\t65534\t65534", Processes.Status(pid, "Gid"));
        Assert.Equal("", Processes.Status(pid, "Groups").Trim());
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapAmb"])
        {
            Assert.Equal("0000000000000000", Processes.Status(pid, set));
        }

        foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            var status = await File.ReadAllTextAsync($"{thread}/status");
            Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
            Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
            Assert.Contains("Uid:\t65534\t65534\t65534\t65534\n", status, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries($"/proc/{pid}/root"));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(f => new FileInfo(f).LinkTarget!), t => t.StartsWith('/') && t is not ("/dev/null" or "/dev/urandom"));
        var pss = File.ReadLines($"/proc/{pid}/smaps_rollup").Single(l => l.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.InRange(int.Parse(pss, CultureInfo.InvariantCulture), 1, 8 * 1024);
    }

    [Fact]
    public async Task Nothing_that_is_sent_to_it_ends_it()
    {
        var address = await ServiceAsync();
        var pid = Single();
        var seeds = (byte[][])[Question.Of(Name), Question.Of(Name, RecordTypes.ANY, edns: 4096), Question.Of("www.example.com", edns: 512, dnssec: true)];
        using var socket = await fixture.Host.SocketAsync(SocketType.Dgram);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(DnsAsker.Server), 53));
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var message = (byte[])seeds[i % seeds.Length].Clone();
            for (var changes = random.Next(4); changes >= 0; changes--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            Array.Resize(ref message, i % 5 == 0 ? random.Next(1, 1500) : message.Length);
            await socket.SendAsync(message);
        }

        // Connections that say nothing, half of something, or too much, more than there may be.
        var idle = new List<Socket>();
        for (var i = 0; i < 40; i++)
        {
            var connection = await fixture.Host.SocketAsync();
            await connection.ConnectAsync(new IPEndPoint(IPAddress.Parse(DnsAsker.Server), 53));
            byte[] said = (i % 4) switch { 0 => [0], 1 => [0xff, 0xff, .. RandomNumberGenerator.GetBytes(5000)], 2 => [0, 0, 0, 0], _ => [0, 40, .. Question.Of("a")[..5]] };
            await connection.SendAsync(said);
            idle.Add(connection);
        }

        // One question among twenty thousand messages may be lost where they are more than the socket holds.
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, Name) == address, "it answers");
        idle.ForEach(c => c.Dispose());
        await Eventually.TrueAsync(async () => (await TryStreamAsync())?.Code == ResponseCode.NoError, "connections are taken again");
        Assert.Equal(pid, Single());
        (await _insula.CliAsync("delete", "service", "web")).Succeeded();
    }

    private async Task<Answer?> TryStreamAsync()
    {
        try
        {
            return (await DnsAsker.AskStreamAsync(fixture.Host, Question.Of(Name))).Single();
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<string> ServiceAsync()
    {
        await _insula.ApplyAsync(Services.Services.Manifest("web", "none", null, new { port = 80 }));
        var address = (string)(await Services.Services.GetAsync(_insula, "web"))["spec"]!["clusterIP"]!;
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, Name) == address, "the name is there");
        return address;
    }

    /// <summary>Some more questions by all who ask.</summary>
    private async Task AskedAsync()
    {
        for (var i = 0; i < 200; i++)
        {
            await DnsAsker.AskAsync(fixture.Host, Name);
        }
    }

    private async Task<(int Count, List<string> Wrong)> AskAlwaysAsync(string address, CancellationToken stop)
    {
        var wrong = new List<string>();
        var count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            // A client of the C library asks again after five seconds: until then none may have to.
            var answer = await DnsAsker.TryAskAsync(fixture.Host, Name, patience: TimeSpan.FromSeconds(5));
            if (answer is null || answer.Answers is not [var record] || record != $"{Name} 1 {address}")
            {
                wrong.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {(answer is null ? "silence" : $"{answer.Code} {string.Join(", ", answer.Answers)}")}");
            }
        }

        return (count, wrong);
    }

    private int Single() => Assert.Single(Servers());

    private List<int> Servers() => [.. Leaks.Processes(_insula).Where(pid => ProcessStat.Read(pid) is { Name: "insula-dns", IsZombie: false })];

    private static async Task KillAsync(int pid) => (await Commands.RunAsync("kill", ["-KILL", pid.ToString(CultureInfo.InvariantCulture)])).Succeeded();
}

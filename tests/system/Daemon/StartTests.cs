using System.Net.Sockets;
using Insula.Store;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>Where the daemon cannot run it says why in a sentence; where it can, its sockets are as asked for.</summary>
public sealed class StartTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_second_daemon_on_the_same_root_is_refused_with_the_first_ones_pid()
    {
        var refused = await DaemonAsync("--root", _insula.Root, "--run", _insula.Run + "-other", "--socket", _insula.Base + "/other.sock");
        Assert.Contains($"another insulad (process {_insula.DaemonPid}) is running on {_insula.Root}", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_root_it_says_so()
    {
        var result = await Commands.RunAsync(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Repository.Program("insulad"), "--root", "/tmp/nowhere", "--run", "/tmp/nowhere"]);
        Assert.Contains("must be root", result.Failed(), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/tmp/nowhere"));
    }

    [Fact]
    public async Task A_database_of_a_newer_daemon_is_refused_and_copied()
    {
        var root = Directory.CreateTempSubdirectory("insula-test-").FullName;
        try
        {
            await ObjectStore.Open(new StoreOptions { Directory = root, ReserveBytes = 0 }, TimeProvider.System, _ => { }).DisposeAsync();

            // user_version stands at a fixed place of SQLite's header, big-endian.
            await using (var file = File.OpenWrite(Path.Combine(root, "state.db")))
            {
                file.Position = 60;
                file.Write([0, 0, 0, 9]);
            }

            var refused = await DaemonAsync("--root", root, "--run", Path.Combine(root, "run"));
            Assert.Contains("has schema 9", refused, StringComparison.Ordinal);
            Assert.NotEmpty(Directory.GetFiles(root, "state.db.newer-v9-*"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task Help_and_configuration_teach()
    {
        var help = await Commands.RunAsync(Repository.Program("insulad"), ["--help"]);
        Assert.Contains("--read-only-socket PATH", help.Succeeded(), StringComparison.Ordinal);
        var config = await Commands.RunAsync(Repository.Program("insulad"), ["--print-config"]);
        Assert.Contains("#back-off-initial: 10s", config.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("no such option", await DaemonAsync("--no-such", "x"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pod-rnge: 10.1.0.0/16\n", ":1: pod-rnge: no such option; did you mean \"pod-range\"?")]
    [InlineData("mtu: wide\n", ":1: mtu: 'wide' is not a whole number")]
    [InlineData("\nlog-level: loud\n", ":2: log-level: 'loud' is not one of trace")]
    [InlineData("mtu: 1400\nmtu: 1500\n", ":2: mtu: given twice")]
    [InlineData("- mtu\n", ":1: expected lines of the form OPTION: VALUE")]
    [InlineData("mtu: \"1400", "not YAML")]
    public async Task A_wrong_configuration_is_refused_with_line_and_way_out(string text, string reason)
    {
        var file = Path.Combine(_insula.Base, $"{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, text);
        Assert.Contains(reason, await DaemonAsync("--config", file), StringComparison.Ordinal);
        Assert.Contains("did you mean \"--pod-range\"?", await DaemonAsync("--pod-rnge", "10.1.0.0/16"), StringComparison.Ordinal);
        Assert.Contains("/no/such/file", await DaemonAsync("--config", "/no/such/file"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task System_check_tells_what_kernel_and_firewall_offer()
    {
        var check = (await _insula.CliAsync("system", "check")).Succeeded();
        Assert.StartsWith("CHECK", check, StringComparison.Ordinal);
        Assert.Contains("forwarding", check, StringComparison.Ordinal);
        foreach (var feature in (string[])["openat2", "pidfd", "mount API", "overlay", "cgroup2", "memory controller", "seccomp", "nft", "CAP_SYS_RESOURCE"])
        {
            Assert.Contains(feature, check, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains(_insula.Root, (await _insula.CliAsync("system", "info")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sockets_are_served_under_long_paths_for_a_group_and_for_reading()
    {
        var deep = new string('d', 120);
        await using var insula = await Instance.StartAsync($"group: daemon\nread-only-socket: /var/tmp/insula-test-{deep}/ro.sock\n");
        var mode = await Commands.RunAsync("stat", ["-c", "%a %G", insula.Socket]);
        Assert.Equal("660 daemon", mode.Succeeded().Trim());
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                using var directory = Insula.Linux.Descriptor.Open($"/var/tmp/insula-test-{deep}", Insula.Linux.LibC.fcntl.O_PATH);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{directory.ProcPath}/ro.sock"), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal("ok", await client.GetStringAsync("http://insula/healthz"));
        using var refused = await client.DeleteAsync("http://insula/api/v1/namespaces/default/pods/any");
        Assert.Equal(403, (int)refused.StatusCode);
        Directory.Delete($"/var/tmp/insula-test-{deep}", recursive: true);
    }

    private static async Task<string> DaemonAsync(params string[] arguments) =>
        (await Commands.RunAsync(Repository.Program("insulad"), arguments)).Failed();
}

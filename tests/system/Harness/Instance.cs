using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Insula.SystemTests.Harness;

/// <summary>
/// A daemon of the test's own, in a network namespace of its own, with its own root and run directories.
/// Disposing deletes its pods, stops it, and asserts that nothing of it is left on the machine.
/// </summary>
public sealed class Instance : IAsyncDisposable
{
    private readonly string _id = Guid.NewGuid().ToString("n")[..8];
    private readonly InstanceSetup _setup;
    private readonly FileStream _claim;
    private Process? _daemon;

    private Instance(InstanceSetup setup)
    {
        _setup = setup;
        Config = setup.Config;
        Programs = setup.Failpoints ? "failpoints" : setup.Programs;
        Base = $"/var/tmp/insula-test-{_id}";
        Socket = setup.Socket?.Invoke(this) ?? Path.Combine(Run, "insula.sock");
        NetworkNamespace = setup.NetworkNamespace ?? $"insula-test-{_id}";
        Api = new ApiClient(Socket);
        Failpoints = new Failpoints(Path.Combine(Base, "failpoints"));
        _claim = DeadWorlds.Claim(Base);
    }

    public string Base { get; }

    public string Root => Path.Combine(Base, "root");

    public string Run => Path.Combine(Base, "run");

    public string Socket { get; }

    public string NetworkNamespace { get; }

    /// <summary>The configuration file's text, for the next start of the daemon.</summary>
    public string Config { get; set; }

    /// <summary>Where the daemon of the next start is, with its shim: below <c>out/</c>, or by a full path.</summary>
    public string Programs { get; set; }

    /// <summary>Whether another instance lives in the same network namespace, which then is not this one's to remove.</summary>
    public bool SharesNetwork => _setup.NetworkNamespace is not null;

    /// <summary>The links of the network namespace before the daemon started: not its own to remove.</summary>
    public IReadOnlySet<string> ForeignLinks { get; private set; } = new HashSet<string>();

    /// <summary>The tag of the instance, which its cgroups, links and table bear.</summary>
    public string Tag => Insula.Linux.InstanceTag.From(Root, Run);

    public ApiClient Api { get; }

    /// <summary>For a daemon that has them.</summary>
    public Failpoints Failpoints { get; }

    /// <summary>Whether a daemon was started, and has ended by itself.</summary>
    public bool HasEnded => _daemon is { HasExited: true };

    /// <summary>Whether a daemon was started, and neither stopped nor killed since.</summary>
    public bool IsStarted => _daemon is not null;

    public int DaemonPid => _daemon?.Id ?? throw new InvalidOperationException("the daemon is not running");

    public string DaemonLog => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>Enters a mount namespace of the daemon's own, if it is to have one: nothing is mounted or unmounted before it is private.</summary>
    private string[] OwnMounts => _setup.Mounts.Length == 0
        ? []
        : ["unshare", "--mount", "--propagation", "private", "sh", "-ec", $"{_setup.Mounts}\nexec \"$@\"", "sh"];

    private string Daemon => Repository.Program(Path.Combine(Programs, "insulad"));

    /// <summary>How full the machine is that tests run on is no concern of theirs, but of those that say so; earlier builds do not know the word.</summary>
    private string WithoutPressure =>
        Programs is not ("" or "failpoints") || Config.Contains("eviction-hard:", StringComparison.Ordinal) ? "" : "eviction-hard: none\n";

    private string LogFile => Path.Combine(Base, "insulad.log");

    /// <summary>Starts a daemon with the images named, and the options given as YAML.</summary>
    public static Task<Instance> StartAsync(string config = "", params string[] images) =>
        StartAsync(new InstanceSetup { Config = config }, images);

    /// <summary>Starts a daemon in surroundings of the test's own.</summary>
    public static async Task<Instance> StartAsync(InstanceSetup setup, params string[] images)
    {
        var instance = new Instance(setup);
        if (setup.Failpoints)
        {
            instance.Failpoints.Prepare();
        }

        try
        {
            if (!instance.SharesNetwork)
            {
                await instance.MakeNetworkAsync();
            }

            instance.ForeignLinks = (await Leaks.LinksAsync(instance)).ToHashSet();
            await instance.StartDaemonAsync();
            foreach (var image in images.DefaultIfEmpty("busybox"))
            {
                (await instance.CliAsync("load", Repository.Image(image))).Succeeded();
            }

            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the network namespace and what the test wants in it.</summary>
    public async Task MakeNetworkAsync()
    {
        (await Commands.RunAsync("ip", ["netns", "add", NetworkNamespace])).Succeeded();
        (await InNetworkAsync("ip", "link", "set", "lo", "up")).Succeeded();
        if (_setup.Prepare is { } prepare)
        {
            await prepare(this);
        }
    }

    public async Task StartDaemonAsync() =>
        Assert.True(await TryStartDaemonAsync(), $"the daemon ended at start:\n{DaemonLog}");

    /// <summary>Starts the daemon; false when it ended before it answered.</summary>
    public async Task<bool> TryStartDaemonAsync()
    {
        var config = Path.Combine(Base, "config.yaml");
        await File.WriteAllTextAsync(config, WithoutPressure + Config);
        // A shell holds the log open for the daemon: a pipe of ours would break it when this test process ends first.
        string[] command =
        [
            "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", LogFile,
            "nsenter", $"--net=/run/netns/{NetworkNamespace}", .. OwnMounts,
            Daemon, "--root", Root, "--run", Run, "--socket", Socket, "--config", config,
        ];
        var start = new ProcessStartInfo("/bin/sh", command) { UseShellExecute = false };
        foreach (var (name, value) in _setup.Environment)
        {
            start.Environment[name] = value;
        }

        if (_setup.Failpoints)
        {
            start.Environment["INSULA_FAILPOINTS"] = Failpoints.Directory;
        }

        _daemon = Process.Start(start);
        await Eventually.TrueAsync(
            async () =>
            {
                if (HasEnded)
                {
                    return true;
                }

                try
                {
                    return (await Api.Http.GetAsync(new Uri("/readyz", UriKind.Relative))).IsSuccessStatusCode;
                }
                catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
                {
                    return false;
                }
            },
            "the daemon answers /readyz");
        if (!HasEnded)
        {
            return true;
        }

        _daemon!.Dispose();
        _daemon = null;
        return false;
    }

    /// <summary>Ends the daemon as a crash would: SIGKILL, at this very instant.</summary>
    public async Task KillDaemonAsync()
    {
        _daemon!.Kill();
        await _daemon.WaitForExitAsync();
        _daemon.Dispose();
        _daemon = null;
    }

    /// <summary>A reboot: no process, cgroup, link or file of the run directory is left, the boot has another id, and a daemon is started.</summary>
    public async Task RebootAsync()
    {
        await KillDaemonAsync();
        await Leaks.CleanAsync(this);
        await Leaks.UnmountAsync(Run);
        Directory.Delete(Run, recursive: true);
        (await Commands.RunAsync("ip", ["netns", "del", NetworkNamespace])).Succeeded();
        await MakeNetworkAsync();
        var kept = Path.Combine(Root, "boot-id");
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim(), (await File.ReadAllTextAsync(kept)).Trim());
        await File.WriteAllTextAsync(kept, "00000000-0000-4000-8000-000000000000\n");
        await StartDaemonAsync();
    }

    /// <summary>Asks the daemon to end, as systemd would, and waits until it has.</summary>
    public async Task StopDaemonAsync()
    {
        (await Commands.RunAsync("kill", ["-TERM", $"{DaemonPid}"])).Succeeded();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await _daemon!.WaitForExitAsync(deadline.Token);
        _daemon.Dispose();
        _daemon = null;
    }

    /// <summary>Ends all pods as the shutdown of the machine would, with a daemon that does only that.</summary>
    public Task<CommandResult> DrainAsync() => InNetworkAsync(
        "env", $"INSULA_FAILPOINTS={Failpoints.Directory}", Daemon, "--root", Root, "--run", Run, "--config", Path.Combine(Base, "config.yaml"), "--drain");

    public Task<CommandResult> CliAsync(params string[] arguments) => CliWithInputAsync(null, arguments);

    public Task<CommandResult> CliWithInputAsync(string? input, params string[] arguments) =>
        Commands.RunAsync(Repository.Program("insula"), arguments, input,
            new Dictionary<string, string> { ["INSULA_SOCKET"] = Socket, ["NO_COLOR"] = "1" });

    /// <summary>Applies a manifest given as text.</summary>
    public async Task<string> ApplyAsync(string manifest) =>
        (await CliWithInputAsync(manifest, "apply", "-f", "-")).Succeeded();

    /// <summary>Runs a program where the daemon's host network is.</summary>
    public Task<CommandResult> InNetworkAsync(params string[] command) =>
        Commands.RunAsync("nsenter", [$"--net=/run/netns/{NetworkNamespace}", .. command]);

    public async Task<JsonNode> WaitForPodAsync(
        string name, Func<JsonNode, bool> condition, string what, string ns = "default", TimeSpan? deadline = null)
    {
        var pod = await Eventually.GetAsync(
            () => Api.FindPodAsync(name, ns), pod => pod is not null && condition(pod), $"pod {name}: {what}", deadline);
        return pod!;
    }

    public Task<JsonNode> WaitForReadyAsync(string name, string ns = "default") =>
        WaitForPodAsync(name, Pods.IsReady, "Ready", ns);

    /// <summary>Waits until a command's output is this. What is Ready without a probe has only begun to run: what it writes may come later.</summary>
    public Task OutputIsAsync(string expected, params string[] command) => OutputAsync(output => output == expected, command);

    /// <summary>The same for an output of which less is known.</summary>
    public Task<string> OutputAsync(Func<string, bool> condition, params string[] command) =>
        Eventually.GetAsync(async () => (await CliAsync(command)).Output, condition, string.Join(' ', command));

    public async Task DeletePodAsync(string name, string ns = "default")
    {
        (await CliAsync("delete", "pod", name, "-n", ns, "--grace-period", "0", "--wait=false")).Succeeded();
        await Eventually.TrueAsync(async () => await Api.FindPodAsync(name, ns) is null, $"pod {name} is gone");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_daemon is { HasExited: true })
            {
                Assert.Fail($"the daemon ended by itself with {_daemon.ExitCode}:\n{DaemonLog}");
            }

            if (_daemon is null && Directory.Exists(Root))
            {
                await StartDaemonAsync();
            }

            if (_daemon is not null)
            {
                await DeleteAllPodsAsync();
                await Leaks.AssertNoPodIsLeftAsync(this);
                await Leaks.AssertNoThreadIsAwayAsync(this);
                await StopDaemonAsync();
                await Leaks.AssertNothingIsLeftAsync(this);
            }
        }
        finally
        {
            if (_daemon is { HasExited: false })
            {
                _daemon.Kill();
                await _daemon.WaitForExitAsync();
            }

            await Leaks.CleanAsync(this);
            await Leaks.UnmountAsync(Base);
            if (!SharesNetwork)
            {
                await Commands.RunAsync("ip", ["netns", "del", NetworkNamespace]);
            }

            Api.Dispose();
            if (Directory.Exists(Base))
            {
                Directory.Delete(Base, recursive: true);
            }

            await _claim.DisposeAsync();
        }
    }

    private async Task DeleteAllPodsAsync()
    {
        // First those who would make others.
        foreach (var kind in (string[])["networking.k8s.io/v1/ingresses", "apps/v1/deployments", "apps/v1/replicasets", "apps/v1/statefulsets", "apps/v1/daemonsets", "batch/v1/cronjobs", "batch/v1/jobs"])
        {
            // A daemon of an earlier build has none of them.
            var (_, list) = await Api.SendAsync(HttpMethod.Get, $"/apis/{kind}");
            foreach (var workload in list?["items"]?.AsArray() ?? [])
            {
                await Api.SendAsync(HttpMethod.Delete, $"/apis/{kind.Insert(kind.LastIndexOf('/'), $"/namespaces/{workload!["metadata"]!["namespace"]}")}/{workload["metadata"]!["name"]}");
            }
        }

        var pods = await Api.GetAsync("/api/v1/pods");
        foreach (var pod in pods["items"]!.AsArray())
        {
            var (name, ns) = ((string)pod!["metadata"]!["name"]!, (string)pod["metadata"]!["namespace"]!);
            (await CliAsync("delete", "pod", name, "-n", ns, "--grace-period", "0", "--wait=false", "--ignore-not-found")).Succeeded();
            await Eventually.TrueAsync(async () => await Api.FindPodAsync(name, ns) is null, $"pod {name} is gone");
        }
    }
}

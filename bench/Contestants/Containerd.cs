using System.Diagnostics;
using System.Globalization;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>containerd with runc and a veth of CNI's <c>ptp</c>, driven as a kubelet would: sandbox, container, start; stop, remove.</summary>
internal sealed class Containerd : IContestant
{
    private const string Image = $"docker.io/library/{PodManifest.Bench}:latest";
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly CriClient _client;
    private readonly string _directory;
    private readonly string _group;

    private Containerd(Process process, CriClient client, string directory, string group)
    {
        _process = process;
        _client = client;
        _directory = directory;
        _group = group;
    }

    public string Name => "containerd";

    /// <summary>What must be installed.</summary>
    public static string? Missing =>
        !Command.Exists("containerd") || !Command.Exists("runc") ? "not installed" : !File.Exists("/usr/lib/cni/ptp") ? "CNI's plug-ins are not installed" : null;

    /// <summary>Starts one in directories of the benchmark's own, with the image.</summary>
    public static async Task<Containerd> PrepareAsync(BenchContext context, Enclosure enclosure, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(context.Work, "containerd");
        Directory.CreateDirectory(Path.Combine(directory, "cni"));
        await File.WriteAllTextAsync(Path.Combine(directory, "cni", "net.conflist"), $$$"""
            {"cniVersion":"0.4.0","name":"bench","plugins":[{"type":"ptp","ipMasq":false,"ipam":{"type":"host-local","dataDir":"{{{directory}}}/addresses",
            "ranges":[[{"subnet":"10.89.0.0/16"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}
            """, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "config.toml"), $"""
            version = 2
            root = "{directory}/root"
            state = "{directory}/state"
            [grpc]
              address = "{directory}/sock"
            [plugins."io.containerd.internal.v1.opt"]
              path = "{directory}/opt"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{Image}"
              restrict_oom_score_adj = true
            [plugins."io.containerd.grpc.v1.cri".cni]
              bin_dir = "/usr/lib/cni"
              conf_dir = "{directory}/cni"
            """, cancellationToken);
        string[] words = [.. enclosure.Words, "sh", "-c", "exec \"$@\" >\"$0\" 2>&1", Path.Combine(directory, "log"), "containerd", "--config", Path.Combine(directory, "config.toml")];
        var daemon = new Containerd(Process.Start(new ProcessStartInfo(words[0], words[1..]))!, new CriClient(Path.Combine(directory, "sock")), directory, enclosure.Group);
        await daemon.WaitServingAsync(cancellationToken);
        var archive = Path.Combine(directory, "image.tar");
        await Command.RunAsync(["tar", "-C", Path.Combine(context.Images, PodManifest.Bench), "-cf", archive, "."], cancellationToken);
        await Command.RunAsync([.. enclosure.Words, "ctr", "--address", Path.Combine(directory, "sock"), "--namespace", "k8s.io", "image", "import", archive], cancellationToken);
        return daemon;
    }

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var pod = await StartAsync(new PodManifest($"life-{round}"), cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await RemoveAsync(pod, cancellationToken);
        return [("start", Stopwatch.GetElapsedTime(began, started).TotalMilliseconds), ("delete", Stopwatch.GetElapsedTime(started).TotalMilliseconds)];
    }

    /// <summary>Starts a pod of one container.</summary>
    public async Task<Pod> StartAsync(PodManifest pod, CancellationToken cancellationToken)
    {
        var name = pod.Name;
        var config = new CriMessage()
            .Message(1, new CriMessage().Text(1, name).Text(2, name).Text(3, "default"))
            .Text(2, name)
            .Text(3, Path.Combine(_directory, "logs", name))
            .Message(8, new CriMessage().Text(1, $"{_group}/containerd"));
        var sandbox = (await _client.CallAsync("RuntimeService/RunPodSandbox", new CriMessage().Message(1, config), cancellationToken)).TextOf(1);
        var resources = pod.Limited ? new CriMessage().Number(1, 100_000).Number(2, 50_000).Number(4, 64 << 20) : new CriMessage();
        var main = new CriMessage()
            .Message(1, new CriMessage().Text(1, "main"))
            .Message(2, new CriMessage().Text(1, Image))
            .Texts(3, pod.Command(0))
            .Text(11, "main.log")
            .Message(15, new CriMessage().Message(1, resources));
        if (pod.Told is { } told)
        {
            main.Message(7, new CriMessage().Text(1, "/told").Text(2, told));
        }

        var container = (await _client.CallAsync(
            "RuntimeService/CreateContainer", new CriMessage().Text(1, sandbox).Message(2, main).Message(3, config), cancellationToken)).TextOf(1);
        await _client.CallAsync("RuntimeService/StartContainer", new CriMessage().Text(1, container), cancellationToken);
        return new Pod(sandbox, container, Path.Combine(_directory, "logs", name, "main.log"));
    }

    /// <summary>Stops a pod and removes what is left of it; its containers are killed, which a kubelet would ask politely first.</summary>
    public async Task RemoveAsync(Pod pod, CancellationToken cancellationToken)
    {
        await _client.CallAsync("RuntimeService/StopPodSandbox", new CriMessage().Text(1, pod.Sandbox), cancellationToken);
        await _client.CallAsync("RuntimeService/RemovePodSandbox", new CriMessage().Text(1, pod.Sandbox), cancellationToken);
    }

    /// <summary>Runs a command in a container to its end.</summary>
    public async Task ExecAsync(Pod pod, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        var answer = await _client.CallAsync("RuntimeService/ExecSync", new CriMessage().Text(1, pod.Container).Texts(2, command).Number(3, 10), cancellationToken);
        if (answer.NumberOf(3) != 0)
        {
            throw new InvalidOperationException($"containerd's command ended with code {answer.NumberOf(3)}");
        }
    }

    /// <summary>The words that run <c>ctr</c> on the images that pods use.</summary>
    public IEnumerable<string> Ctr(params IEnumerable<string> words) => ["ctr", "--address", Path.Combine(_directory, "sock"), "--namespace", "k8s.io", .. words];

    /// <summary>The daemon's process.</summary>
    public int Pid => int.Parse(File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Trim(), CultureInfo.InvariantCulture);

    /// <summary>Pulls an image, as a kubelet has it pulled.</summary>
    public Task PullAsync(string reference, CancellationToken cancellationToken) =>
        _client.CallAsync("ImageService/PullImage", new CriMessage().Message(1, new CriMessage().Text(1, reference)), cancellationToken);

    /// <summary>Whether the container has ended.</summary>
    public async Task<bool> HasEndedAsync(Pod pod, CancellationToken cancellationToken)
    {
        const int Exited = 2;
        var answer = await _client.CallAsync("RuntimeService/ContainerStatus", new CriMessage().Text(1, pod.Container), cancellationToken);
        return answer.MessageOf(1).NumberOf(3) == Exited;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();

        // Its shims end with the PID namespace that they are in.
        Mono.Unix.Native.Syscall.kill(Pid, Mono.Unix.Native.Signum.SIGTERM);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitServingAsync(CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50, cancellationToken))
        {
            try
            {
                await _client.CallAsync("RuntimeService/Version", new CriMessage().Text(1, "v1"), cancellationToken);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException)
            {
                if (_process.HasExited || clock.Elapsed > s_startLimit)
                {
                    throw new InvalidOperationException($"containerd does not start ({e.Message}): {await File.ReadAllTextAsync(Path.Combine(_directory, "log"), cancellationToken)}", e);
                }
            }
        }
    }

    /// <summary>A pod that runs.</summary>
    /// <param name="Sandbox">The sandbox's id.</param>
    /// <param name="Container">The container's.</param>
    /// <param name="Log">The container's log.</param>
    internal sealed record Pod(string Sandbox, string Container, string Log);
}

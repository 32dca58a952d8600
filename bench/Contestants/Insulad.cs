using System.Diagnostics;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>A daemon of the benchmark's own, with the client that speaks to it.</summary>
internal sealed class Insulad : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(1);
    private static int s_last;

    private readonly BenchContext _context;
    private readonly Enclosure _enclosure;
    private readonly string _directory;
    private readonly string[] _options;
    private Process _process;

    private Insulad(BenchContext context, Enclosure enclosure, string directory, string[] options)
    {
        _context = context;
        _enclosure = enclosure;
        _directory = directory;
        _options = options;
        _process = Launch();
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, PooledConnectionLifetime = Timeout.InfiniteTimeSpan })
        {
            BaseAddress = new Uri("http://insula"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Speaks to the daemon.</summary>
    public HttpClient Http { get; }

    /// <summary>The daemon's process.</summary>
    public int Pid { get; private set; }

    /// <summary>The socket.</summary>
    public string Socket => Path.Combine(_directory, "run", "insula.sock");

    /// <summary>The network, mount and PID namespaces it lives in.</summary>
    public Enclosure Enclosure => _enclosure;

    /// <summary>Starts one with the image of the benchmarks.</summary>
    /// <param name="context">Where things are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="options">More of the daemon's options.</param>
    public static async Task<Insulad> StartAsync(BenchContext context, CancellationToken cancellationToken, params string[] options)
    {
        var enclosure = await Enclosure.MakeAsync(cancellationToken);

        // Each figure begins with nothing: another's objects hold addresses and places that this one may want.
        var directory = Path.Combine(context.Work, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"insulad-{++s_last}"));
        foreach (var part in (string[])["root", "run"])
        {
            Directory.CreateDirectory(Path.Combine(directory, part));
        }

        var daemon = new Insulad(context, enclosure, directory, options);
        await daemon.WaitServingAsync(cancellationToken);
        await Command.RunAsync(daemon.Cli("load", Path.Combine(context.Images, PodManifest.Bench)), cancellationToken);
        return daemon;
    }

    /// <summary>The words that run the command line against this daemon.</summary>
    public IEnumerable<string> Cli(params IEnumerable<string> words) =>
        ["env", $"INSULA_SOCKET={Socket}", Path.Combine(_context.Programs, "insula"), .. words];

    /// <summary>Kills the daemon and starts another on the same directories.</summary>
    /// <returns>The milliseconds from the start of the new one until it serves.</returns>
    public async Task<double> KillAndRestartAsync(CancellationToken cancellationToken)
    {
        Process.GetProcessById(Pid).Kill();
        await _process.WaitForExitAsync(cancellationToken);
        _process.Dispose();
        var clock = Stopwatch.StartNew();
        _process = Launch();
        await WaitServingAsync(cancellationToken);
        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>Sends a request with an object, and reads the answer.</summary>
    /// <exception cref="InvalidOperationException">The daemon refused; says why.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, PodManifest? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToString(), Encoding.UTF8, "application/json");
        }

        using var response = await Http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode}: {text}");
    }

    /// <summary>Runs a command in a container of a pod to its end, by the sub-protocol of Kubernetes.</summary>
    public async Task ExecAsync(string pod, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        var query = string.Join('&', command.Select(word => $"command={Uri.EscapeDataString(word)}"));
        await socket.ConnectAsync(new Uri($"ws://insula/api/v1/namespaces/default/pods/{pod}/exec?{query}&stdout=true&stderr=true"), Http, cancellationToken);
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is { MessageType: not WebSocketMessageType.Close } message)
        {
            // Channel 3 brings the end.
            if (buffer[0] == 3)
            {
                var status = JsonNode.Parse(buffer.AsSpan(1, message.Count - 1))!;
                _ = (string?)status["status"] == "Success" ? status : throw new InvalidOperationException($"exec in {pod}: {status}");
                return;
            }
        }

        throw new InvalidOperationException($"exec in {pod}: the session ended before the command");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        try
        {
            await Command.RunAsync(Cli("delete", "pods", "--all", "--all-namespaces", "--grace-period=1"), CancellationToken.None);
        }
        finally
        {
            Mono.Unix.Native.Syscall.kill(Pid, Mono.Unix.Native.Signum.SIGTERM);
            await _process.WaitForExitAsync();
            _process.Dispose();
            await _enclosure.DisposeAsync();
        }
    }

    // nsenter runs the daemon as its child, since a PID namespace is entered by children alone.
    private Process Launch()
    {
        var log = Path.Combine(_directory, "insulad.log");
        string[] words = [.. _enclosure.Words, "sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", log,
            Path.Combine(_context.Programs, "insulad"), "--root", Path.Combine(_directory, "root"), "--run", Path.Combine(_directory, "run"),
            "--socket", Socket, "--max-pods", "1000", .. _options];
        return Process.Start(new ProcessStartInfo(words[0], words[1..]))!;
    }

    private async Task WaitServingAsync(CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(1, cancellationToken))
        {
            try
            {
                await SendAsync(HttpMethod.Get, "/apis/insula.dev/v1/system", null, cancellationToken);
                var child = await File.ReadAllTextAsync($"/proc/{_process.Id}/task/{_process.Id}/children", cancellationToken);
                Pid = int.Parse(child.Trim(), System.Globalization.CultureInfo.InvariantCulture);
                return;
            }
            catch (HttpRequestException e)
            {
                if (_process.HasExited || clock.Elapsed > s_startLimit)
                {
                    throw new InvalidOperationException($"insulad does not start: {await File.ReadAllTextAsync(Path.Combine(_directory, "insulad.log"), cancellationToken)}", e);
                }
            }
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}

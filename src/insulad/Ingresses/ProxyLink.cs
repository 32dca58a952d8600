using System.Net.Sockets;
using System.Text;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Plane;
using Insula.Ingresses.Runtime;
using Insula.Pods;
using Insula.Pods.Streaming;

namespace Insulad.Ingresses;

/// <summary>Talks to HAProxy's command line in a pod, by an abstract Unix socket in its network namespace, which no request through it can reach.</summary>
internal sealed class ProxyLink(IPodService pods, ProxySettings settings, TimeProvider time)
{
    private const int LargestAnswer = 64 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>What the process that serves says of itself; null when nobody answers.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<ProxyState?> ReadAsync(string pod, CancellationToken ct) =>
        await AskAsync(pod, [.. ProxyState.Questions(settings.Directory).Select(ToWorker)], ct) is { } answers ? ProxyState.Read(answers) : null;

    /// <summary>Has it lead requests elsewhere. Whether it does, <see cref="ReadAsync"/> shows.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="commands">Those of <see cref="SlotPlan"/>.</param>
    /// <param name="ct">Gives up.</param>
    public Task LeadAsync(string pod, IEnumerable<string> commands, CancellationToken ct) => AskAsync(pod, [.. commands.Select(ToWorker)], ct);

    /// <summary>Tells it that the daemon has given it all pods there are. As above.</summary>
    public Task NoteReadyAsync(string pod, CancellationToken ct) => LeadAsync(pod, [$"add map {settings.Directory}/{ProxyFiles.State} {ProxyFiles.Ready} 1"], ct);

    /// <summary>Has it load its configuration. As above.</summary>
    public Task LoadAsync(string pod, CancellationToken ct) => AskAsync(pod, ["reload"], ct);

    private static string ToWorker(string command) => "@1 " + command;

    /// <summary>Gives commands, each a line, and takes as many answers; null when there is nobody who answers.</summary>
    private async Task<IReadOnlyList<string>?> AskAsync(string pod, IReadOnlyList<string> commands, CancellationToken ct)
    {
        using var timer = new CancellationTokenSource(s_patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            using var socket = await pods.ConnectAsync(new PodConnectRequest(PlaneNames.Namespace, pod, 0) { LocalName = PlaneNames.Socket }, patience.Token);
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            var text = new StringBuilder();
            foreach (var command in commands)
            {
                text.Append(command).Append('\n');
            }

            // It answers while it is still being asked, and stops when nobody reads.
            var written = stream.WriteAsync(Encoding.ASCII.GetBytes(text.Append("quit\n").ToString()), patience.Token).AsTask();
            var read = ReadAllAsync(stream, patience.Token);
            await Task.WhenAll(written, read);
            Failpoint.MayFail("ingress.proxy.answered");
            return ProxyAnswers.Split(await read, commands.Count);
        }
        catch (Exception e) when (e is PodRequestException or IOException or SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<string> ReadAllAsync(NetworkStream stream, CancellationToken ct)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, ct) is var count and > 0)
        {
            if (all.Length + count > LargestAnswer)
            {
                throw new IOException("the answer is too long");
            }

            all.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }
}

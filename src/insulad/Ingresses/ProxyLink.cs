using System.Net.Sockets;
using System.Text;
using Insula.Ingresses.Plane;
using Insula.Ingresses.Runtime;
using Insula.Pods;
using Insula.Pods.Streaming;

namespace Insulad.Ingresses;

/// <summary>Talks to HAProxy's command line in a pod, by an abstract Unix socket in its network namespace, which no request through it can reach.</summary>
internal sealed class ProxyLink(IPodService pods)
{
    private const int LargestAnswer = 64 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Gives commands, and takes as many answers.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="commands">The commands, each a line.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The answers; null when there is nobody who answers.</returns>
    public async Task<IReadOnlyList<string>?> AskAsync(string pod, IReadOnlyList<string> commands, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_patience);
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
            var read = ReadAsync(stream, patience.Token);
            await Task.WhenAll(written, read);
            return ProxyAnswers.Split(await read, commands.Count);
        }
        catch (Exception e) when (e is PodRequestException or IOException or SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken ct)
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

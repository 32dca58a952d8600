using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Ingresses;

/// <summary>Clients that ask for a page again and again, each as soon as it has an answer, over connections that stay; and what went wrong.</summary>
internal sealed class ClosedLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly HttpClient _client;
    private readonly Task[] _clients;
    private readonly List<(TimeSpan At, string What)> _wrong = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _count;

    /// <summary>Begins.</summary>
    /// <param name="from">Where the clients are.</param>
    /// <param name="to">The proxy.</param>
    /// <param name="host">The host they ask for.</param>
    /// <param name="clients">How many.</param>
    public ClosedLoop(TestNamespace from, IPEndPoint to, string host, int clients = 4)
    {
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = await from.SocketAsync();
                await socket.ConnectAsync(to, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { Timeout = TimeSpan.FromSeconds(20) };
        _clients = [.. Enumerable.Range(0, clients).Select(_ => AskAsync(new Uri($"http://{host}/")))];
    }

    /// <summary>How many answers there were.</summary>
    public int Count => _count;

    /// <summary>What was no good answer.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_clients);
        return [.. _wrong.Select(w => w.What)];
    }

    /// <summary>From the first wrong answer to the last.</summary>
    public TimeSpan Window
    {
        get
        {
            lock (_wrong)
            {
                return _wrong.Count == 0 ? TimeSpan.Zero : _wrong.Max(w => w.At) - _wrong.Min(w => w.At);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _client.Dispose();
        _ending.Dispose();
    }

    private async Task AskAsync(Uri page)
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                using var answer = await _client.GetAsync(page);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    Wrong($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                Wrong(e.ToString());
            }

            Interlocked.Increment(ref _count);
            await Task.Delay(2);
        }
    }

    private void Wrong(string what)
    {
        lock (_wrong)
        {
            _wrong.Add((_clock.Elapsed, $"after {_count}: {what}"));
        }
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Insula.Bench.Contestants;

/// <summary>The changes of a daemon's pods, each with the moment at which it arrived here.</summary>
internal sealed class PodWatch : IAsyncDisposable
{
    private readonly Channel<Change> _changes = Channel.CreateUnbounded<Change>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpResponseMessage _response;
    private readonly Task _reading;

    private PodWatch(HttpResponseMessage response)
    {
        _response = response;
        _reading = ReadAsync();
    }

    /// <summary>Begins to watch from now on.</summary>
    public static async Task<PodWatch> StartAsync(Insulad daemon, CancellationToken cancellationToken)
    {
        var list = await daemon.SendAsync(HttpMethod.Get, "/api/v1/pods?limit=1", null, cancellationToken);
        var version = (string?)list["metadata"]!["resourceVersion"];
        var response = await daemon.Http.GetAsync($"/api/v1/pods?watch=true&resourceVersion={version}", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return new PodWatch(response.EnsureSuccessStatusCode());
    }

    /// <summary>The moment (of <see cref="Stopwatch"/>) at which the next change arrived that fits; earlier ones are passed over.</summary>
    public async Task<long> NextAsync(Func<Change, bool> fits, CancellationToken cancellationToken)
    {
        await foreach (var change in _changes.Reader.ReadAllAsync(cancellationToken))
        {
            if (fits(change))
            {
                return change.Moment;
            }
        }

        throw new InvalidOperationException("the watch has ended");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _response.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            using var lines = new StreamReader(await _response.Content.ReadAsStreamAsync(_stopping.Token));
            while (await lines.ReadLineAsync(_stopping.Token) is { } line)
            {
                var moment = Stopwatch.GetTimestamp();
                var json = JsonNode.Parse(line)!;
                _changes.Writer.TryWrite(new Change(moment, (string)json["type"]!, json["object"]!.AsObject()));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Ended here, or by the daemon's end: either way there is nothing more to read.
        }

        _changes.Writer.TryComplete();
    }

    /// <summary>A change.</summary>
    internal sealed record Change(long Moment, string Type, JsonObject Pod)
    {
        public string Name => (string)Pod["metadata"]!["name"]!;

        public bool Running => (string?)Pod["status"]?["phase"] == "Running" && ((int?)Pod["status"]?["containerStatuses"]?.AsArray().Count ?? 0) > 0;

        public bool Ready => Pod["status"]?["conditions"]?.AsArray().Any(c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True") == true;

        public int Restarts => Pod["status"]?["containerStatuses"]?.AsArray().Sum(c => (int?)c!["restartCount"] ?? 0) ?? 0;
    }
}

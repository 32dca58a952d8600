using System.Text;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods;
using Insula.Store;
using Insulad.Http;
using Microsoft.AspNetCore.Http;

namespace Insulad.Metrics;

/// <summary><c>GET /metrics</c>: everything is read when it is asked for, and nothing in between.</summary>
internal sealed class MetricsHandler(IObjectStore store, IPodService pods) : IDisposable
{
    public const string Path = "/metrics";

    // Reading all groups is work: who asks in parallel waits.
    private readonly SemaphoreSlim _turn = new(1);

    public async Task GetAsync(HttpContext context)
    {
        await _turn.WaitAsync(context.RequestAborted);
        try
        {
            await Responses.WriteBytesAsync(context, 200, MetricsText.ContentType, await ReadAsync(context.RequestAborted));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<byte[]> ReadAsync(CancellationToken ct)
    {
        var stored = store.List("pods", null).Items;
        var stats = (await pods.ReadStatsAsync([.. stored.Select(s => s.Uid)], TimeSpan.Zero, ct)).ToDictionary(s => s.Uid);
        var text = new MetricsText();
        DaemonMetrics.Write(text, store, pods.StepLatencies, pods.Evictions);
        PodMetrics.Write(text, [.. stored.Select(s => (ApiJson.Read<Pod>(s.Json.Span), stats.GetValueOrDefault(s.Uid)))]);
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

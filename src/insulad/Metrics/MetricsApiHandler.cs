using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Linux.Kernel;
using Insula.Pods;
using Insula.Pods.Stats;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Http;
using Insulad.Http.Strategies;
using Microsoft.AspNetCore.Http;

namespace Insulad.Metrics;

/// <summary>
/// The metrics API (metrics.k8s.io/v1beta1): what pods and the machine use now, for <c>top</c>. A question is answered after a second, over which the
/// use of CPU time is measured.
/// </summary>
internal sealed class MetricsApiHandler(IObjectStore store, IPodService pods, DaemonOptions options, TimeProvider time)
{
    public const string Group = "metrics.k8s.io";
    public const string Version = "v1beta1";
    private const long BytesPerKi = 1024;

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(1);
    private static readonly ResourceStrategy s_pods = StrategyTable.Of("pods");

    /// <summary>Whether a path is one of this API's resources.</summary>
    public static bool Serves(RequestInfo? info) =>
        info is { Group: Group, Version: Version, Subresource: null, Resource: "pods" } or { Group: Group, Version: Version, Subresource: null, Resource: "nodes", Namespace: null };

    public Task GetAsync(HttpContext context, RequestInfo info) =>
        context.Request.Method != "GET" ? throw new ApiException(Failures.Of(StatusReasons.MethodNotAllowed, "the server does not allow this method on the requested resource"))
        : info.Resource == "nodes" ? NodesAsync(context, info)
        : PodsAsync(context, info);

    private async Task PodsAsync(HttpContext context, RequestInfo info)
    {
        var request = new ApiRequest(context, info, s_pods);
        if (info.Name is not null)
        {
            var stored = info.Namespace is null ? throw new ApiException(Failures.NoSuchResource()) : store.Get(request.Key);
            var read = stored is null ? [] : await ReadAsync([stored], request.Aborted);
            await Responses.WriteAsync(context, 200, read is [var one]
                ? Head("PodMetrics", one)
                : throw new ApiException(Failures.NotFound("podmetrics.metrics.k8s.io", $"{info.Namespace}/{info.Name}")));
            return;
        }

        var selection = new Selection(request);
        await ListAsync(context, "PodMetricsList", await ReadAsync([.. store.List("pods", info.Namespace).Items.Where(selection.Matches)], request.Aborted));
    }

    // As in a cluster, pods of which nothing runs are not there.
    private async Task<IReadOnlyList<JsonObject>> ReadAsync(IReadOnlyList<StoredObject> selected, CancellationToken ct)
    {
        var read = (await pods.ReadStatsAsync([.. selected.Select(s => s.Uid)], s_window, ct)).ToDictionary(s => s.Uid);
        return [.. selected.Select(s => (Stored: s, Stats: read.GetValueOrDefault(s.Uid))).Where(p => p.Stats?.Containers.Count > 0).Select(p => Of(p.Stored, p.Stats!))];
    }

    private static JsonObject Of(StoredObject stored, PodStats stats)
    {
        var metadata = new JsonObject { ["name"] = stored.Key.Name, ["namespace"] = stored.Key.Namespace, ["creationTimestamp"] = TimeConverter.Format(stats.Time) };
        if (stored.Labels.Count > 0)
        {
            metadata["labels"] = new JsonObject(stored.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["timestamp"] = TimeConverter.Format(stats.Time),
            ["window"] = Duration.Format(s_window),
            ["containers"] = new JsonArray([.. stats.Containers.Select(c => (JsonNode)new JsonObject
            {
                ["name"] = c.Name,
                ["usage"] = Usage(c.Use.CpuNanoCores ?? 0, c.Use.Counters.MemoryWorkingSet ?? 0),
            })]),
        };
    }

    private async Task NodesAsync(HttpContext context, RequestInfo info)
    {
        if (info.Name is not null && info.Name != options.NodeName)
        {
            throw new ApiException(Failures.NotFound("nodemetrics.metrics.k8s.io", info.Name));
        }

        var (before, began) = (MachineUse.Read(), time.GetTimestamp());
        await Task.Delay(s_window, time, context.RequestAborted);
        var (now, elapsed) = (MachineUse.Read(), time.GetElapsedTime(began));
        var at = time.GetUtcNow();
        var node = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = options.NodeName, ["creationTimestamp"] = TimeConverter.Format(at) },
            ["timestamp"] = TimeConverter.Format(at),
            ["window"] = Duration.Format(s_window),
            ["usage"] = Usage((long)((now.Busy - before.Busy) / elapsed * 1e9), now.WorkingSetBytes),
        };
        await (info.Name is null ? ListAsync(context, "NodeMetricsList", [node]) : Responses.WriteAsync(context, 200, Head("NodeMetrics", node)));
    }

    private static Task ListAsync(HttpContext context, string kind, IReadOnlyList<JsonObject> items) => Responses.WriteAsync(
        context, 200, Head(kind, new JsonObject { ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. items]) }));

    private static JsonObject Head(string kind, JsonObject document)
    {
        document.Insert(0, "kind", kind);
        document.Insert(1, "apiVersion", $"{Group}/{Version}");
        return document;
    }

    private static JsonObject Usage(long nanoCores, long bytes) => new()
    {
        ["cpu"] = string.Create(CultureInfo.InvariantCulture, $"{nanoCores}n"),
        ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{bytes / BytesPerKi}Ki"),
    };
}

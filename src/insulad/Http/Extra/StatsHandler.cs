using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Linux.Cgroups;
using Insula.Pods;
using Insula.Pods.Stats;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Http.Strategies;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Extra;

/// <summary>
/// What pods use and what holds them back: <c>podstats</c> and <c>namespaces/NS/podstats[/NAME]</c>, with the selectors of pods.
/// With <c>?window=1s</c> it watches for so long and tells how fast CPU time is used; counters alone come at once.
/// A counter that this kernel does not have, and a limit that is not set, is left out.
/// </summary>
internal sealed class StatsHandler(IObjectStore store, IPodService pods)
{
    public const string Resource = "podstats";

    private const long NanosecondsPerMicrosecond = 1000;

    private static readonly TimeSpan s_longestWindow = TimeSpan.FromSeconds(10);

    private static readonly ResourceStrategy s_pods = StrategyTable.Find("", "v1", "pods")!;

    public async Task GetAsync(HttpContext context, RequestInfo info)
    {
        var request = new ApiRequest(context, info, s_pods);
        var window = ReadWindow(request.Query("window"));
        if (info.Name is not null)
        {
            if (info.Namespace is null)
            {
                throw new ApiException(Failures.NoSuchResource());
            }

            var stored = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound(s_pods.Kind.QualifiedPlural, info.Name));
            var item = (await ReadAsync([stored], window, request.Aborted))[0];
            item.Insert(0, "kind", "PodStats");
            item.Insert(1, "apiVersion", $"{ExtraGroup.Name}/{ExtraGroup.Version}");
            await Responses.WriteAsync(context, 200, item);
            return;
        }

        var selection = new Selection(request);
        var selected = store.List(s_pods.Kind.QualifiedPlural, info.Namespace).Items.Where(selection.Matches).ToList();
        var items = await ReadAsync(selected, window, request.Aborted);
        await Responses.WriteAsync(context, 200, new JsonObject
        {
            ["kind"] = "PodStatsList",
            ["apiVersion"] = $"{ExtraGroup.Name}/{ExtraGroup.Version}",
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. items]),
        });
    }

    private static TimeSpan ReadWindow(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return TimeSpan.Zero;
        }

        try
        {
            var window = Duration.Parse(text);
            return window <= s_longestWindow ? window : throw ApiException.BadRequest($"window: {text} is more than {Duration.Format(s_longestWindow)}");
        }
        catch (FormatException e)
        {
            throw ApiException.BadRequest($"window: {text} is not {e.Message}");
        }
    }

    private async Task<IReadOnlyList<JsonObject>> ReadAsync(IReadOnlyList<StoredObject> selected, TimeSpan window, CancellationToken ct)
    {
        var read = (await pods.ReadStatsAsync([.. selected.Select(stored => stored.Uid)], window, ct)).ToDictionary(stats => stats.Uid);
        return [.. selected.Select(stored => ToJson(stored, read.GetValueOrDefault(stored.Uid), window))];
    }

    private static JsonObject ToJson(StoredObject stored, PodStats? stats, TimeSpan window)
    {
        var metadata = new JsonObject { ["name"] = stored.Key.Name, ["namespace"] = stored.Key.Namespace, ["uid"] = stored.Uid };
        if (stored.Labels.Count > 0)
        {
            metadata["labels"] = new JsonObject(stored.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        }

        var item = new JsonObject { ["metadata"] = metadata };
        if (stats is not null)
        {
            item["timestamp"] = TimeConverter.Format(stats.Time);
            if (window > TimeSpan.Zero)
            {
                item["window"] = Duration.Format(window);
            }

            if (stats.Pod is not null)
            {
                item["pod"] = ToJson(stats.Pod, null);
            }

            if (stats.Network is { } link)
            {
                item["network"] = new JsonObject { ["receivedBytes"] = link.Received.Bytes, ["sentBytes"] = link.Sent.Bytes };
            }
        }

        var containers = new JsonArray();
        foreach (var container in stats?.Containers ?? [])
        {
            var entry = ToJson(container.Use, container.OomKills);
            entry.Insert(0, "name", container.Name);
            entry.Insert(1, "startedAt", TimeConverter.Format(container.StartedAt));
            containers.Add((JsonNode)entry);
        }

        item["containers"] = containers;
        return item;
    }

    private static JsonObject ToJson(ResourceUse use, long? oomKills)
    {
        var counters = use.Counters;
        var json = new JsonObject
        {
            ["cpu"] = Present(
                ("usageNanoCores", use.CpuNanoCores),
                ("usageCoreNanoSeconds", counters.CpuUsageMicroseconds * NanosecondsPerMicrosecond),
                ("limitNanoCores", counters.CpuLimitNanoCores),
                ("periods", counters.CpuPeriods),
                ("throttledPeriods", counters.CpuThrottledPeriods),
                ("throttledNanoSeconds", counters.CpuThrottledMicroseconds * NanosecondsPerMicrosecond)),
            ["memory"] = Present(
                ("usageBytes", counters.MemoryCurrent),
                ("workingSetBytes", counters.MemoryWorkingSet),
                ("peakBytes", counters.MemoryPeak),
                ("limitBytes", counters.MemoryLimit),
                ("highBytes", counters.MemoryHigh),
                ("minBytes", counters.MemoryMin),
                ("lowBytes", counters.MemoryLow),
                ("throttled", counters.MemoryThrottled),
                ("oomKills", oomKills)),
            ["pids"] = Present(("current", counters.Pids), ("limit", counters.PidsLimit)),
        };
        if (counters.Disk is { } disk)
        {
            json["disk"] = new JsonObject { ["readBytes"] = disk.ReadBytes, ["writtenBytes"] = disk.WrittenBytes };
        }

        return json;
    }

    private static JsonObject Present(params IEnumerable<(string Name, long? Value)> fields) =>
        new(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Value)));
}

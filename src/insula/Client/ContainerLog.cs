using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Cli.Commands;
using Insula.Cli.Output;

namespace Insula.Cli.Client;

/// <summary>The log of one container, over its restarts when it is followed.</summary>
/// <param name="client">The daemon.</param>
/// <param name="ns">The pod's namespace.</param>
/// <param name="pod">The pod's name.</param>
/// <param name="container">The container; null for the daemon's choice.</param>
internal sealed class ContainerLog(ApiClient client, string ns, string pod, string? container)
{
    /// <summary>How often the container had been started before the start that an answer's log is of.</summary>
    private const string RestartCount = "Insula-Restart-Count";

    private readonly ObjectTarget _target = new(new ResourceType("Pod", "v1", "pods", "pod", [], true), ns, pod, []);

    /// <summary>Copies it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="prefix">What each line begins with.</param>
    /// <param name="query">Words of the query that say which part.</param>
    /// <param name="always">Those of them that hold after a restart, too.</param>
    /// <param name="follow">Whether to go on while it is written, and with the next start of the container, until there can be none.</param>
    /// <param name="ct">Gives up.</param>
    public async Task CopyAsync(
        LogOutput output, string prefix, IReadOnlyList<string> query, IReadOnlyList<string> always, bool follow, CancellationToken ct)
    {
        var last = await CopyAsync(output, prefix, query, null, ct);
        while (follow && last is { } seen && await IsStartedAgainAsync(seen, ct))
        {
            last = await CopyAsync(output, prefix, always, seen, ct);
        }
    }

    // Which start of the container it was of; null when the daemon does not say.
    private async Task<int?> CopyAsync(LogOutput output, string prefix, IReadOnlyList<string> query, int? seen, CancellationToken ct)
    {
        using var answer = await OpenAsync(query, ct);
        var start = answer.Headers.TryGetValues(RestartCount, out var values) ? int.Parse(values.First(), CultureInfo.InvariantCulture) : (int?)null;
        if (start > seen + 1)
        {
            // One that was over before it was seen.
            using var missed = await OpenAsync([.. query.Where(q => q != "follow=true"), "previous=true"], ct);
            await output.CopyAsync(await missed.Content.ReadAsStreamAsync(ct), prefix, ct);
        }

        await output.CopyAsync(await answer.Content.ReadAsStreamAsync(ct), prefix, ct);
        return start;
    }

    private Task<HttpResponseMessage> OpenAsync(IReadOnlyList<string> query, CancellationToken ct)
    {
        List<string> full = container is null ? [.. query] : [.. query, $"container={Uri.EscapeDataString(container)}"];
        return client.SendRawAsync(HttpMethod.Get, $"{_target.Path}/log?{string.Join('&', full)}", null, ct);
    }

    private async Task<bool> IsStartedAgainAsync(int seen, CancellationToken ct)
    {
        string? uid = null;
        while (true)
        {
            var (now, since) = await _target.LookAsync(client, ct);
            uid ??= (string?)now?["metadata"]?["uid"];
            if (Decide(now, uid, seen) is { } known)
            {
                return known;
            }

            await foreach (var change in client.WatchAsync(_target.WatchPath(since), null, ct))
            {
                if (Decide((string?)change["type"] == "DELETED" ? null : change["object"] as JsonObject, uid, seen) is { } told)
                {
                    return told;
                }
            }
        }
    }

    // Null while it may come.
    private bool? Decide(JsonObject? now, string? uid, int seen)
    {
        if (now is null || (string?)now["metadata"]?["uid"] != uid)
        {
            return false;
        }

        var status = Named(now["status"], "containerStatuses") ?? Named(now["status"], "initContainerStatuses");
        var state = status?["state"];
        if ((int?)status?["restartCount"] > seen && (state?["running"] ?? state?["terminated"]) is not null)
        {
            return true;
        }

        var isOver = (string?)now["status"]?["phase"] is "Succeeded" or "Failed" || now["metadata"]?["deletionTimestamp"] is not null;
        var spec = Named(now["spec"], "containers") ?? Named(now["spec"], "initContainers");
        var policy = (string?)spec?["restartPolicy"] ?? (string?)now["spec"]?["restartPolicy"] ?? "Always";
        return state?["terminated"] is not { } ended ? isOver && state?["running"] is null ? false : null
            : isOver ? false
            : Restarts(spec, (int?)ended["exitCode"]) ? null
            : policy == "Never" || (policy == "OnFailure" && (int?)ended["exitCode"] == 0) ? false
            : null;
    }

    // Whether a rule has it started again whatever its policy says.
    private static bool Restarts(JsonObject? spec, int? exitCode) => (spec?["restartPolicyRules"] as JsonArray ?? []).Any(rule =>
    {
        var isNamed = (rule?["exitCodes"]?["values"] as JsonArray ?? []).Any(value => (int?)value == exitCode);
        return (string?)rule?["exitCodes"]?["operator"] == "NotIn" ? !isNamed : isNamed;
    });

    private JsonObject? Named(JsonNode? of, string list)
    {
        var all = (of?[list] as JsonArray ?? []).OfType<JsonObject>();
        return container is null ? all.FirstOrDefault() : all.FirstOrDefault(c => (string?)c["name"] == container);
    }
}

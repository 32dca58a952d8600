using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>What running pods or containers use, a line each.</summary>
internal sealed class UseTable(bool withNamespace, bool byContainer, bool wide)
{
    private readonly TextTable _table = new(Headers(withNamespace, byContainer, wide));

    public bool IsEmpty => _table.IsEmpty;

    /// <summary>Adds pods of the daemon's <c>podstats</c>: by name, or by <c>cpu</c> or <c>memory</c> with the largest first.</summary>
    public void Add(IEnumerable<JsonObject> pods, string? sortBy)
    {
        var rows = new List<(Use Use, string[] Cells)>();
        foreach (var pod in pods)
        {
            var containers = (pod["containers"]?.AsArray() ?? []).OfType<JsonObject>().ToList();
            var ns = (string?)pod["metadata"]?["namespace"] ?? "";
            var name = (string?)pod["metadata"]?["name"] ?? "";
            string[] start = withNamespace ? [ns, name] : [name];
            if (byContainer)
            {
                rows.AddRange(containers.Select(c => Row([.. start, (string?)c["name"] ?? ""], new Use(c), [new Use(c)])));
            }
            else if (containers.Count > 0)
            {
                rows.Add(Row(start, new Use(pod["pod"]), [.. containers.Select(c => new Use(c))]));
            }
        }

        var ordered = sortBy switch
        {
            "cpu" => rows.OrderByDescending(row => row.Use.NanoCores ?? 0),
            "memory" => rows.OrderByDescending(row => row.Use.Bytes ?? 0),
            _ => rows.AsEnumerable(),
        };
        foreach (var row in ordered)
        {
            _table.Add(row.Cells);
        }
    }

    public void WriteTo(TextWriter output, bool withHeaders) => _table.WriteTo(output, withHeaders);

    private static List<string> Headers(bool withNamespace, bool byContainer, bool wide)
    {
        List<string> headers = byContainer ? ["POD", "NAME"] : ["NAME"];
        if (withNamespace)
        {
            headers.Insert(0, "NAMESPACE");
        }

        headers.AddRange(["CPU(cores)", "MEMORY(bytes)"]);
        if (wide)
        {
            headers.AddRange(["CPU LIMIT", "THROTTLED", "MEMORY LIMIT", "PIDS", "OOM KILLS"]);
        }

        return headers;
    }

    private (Use Use, string[] Cells) Row(string[] start, Use use, IReadOnlyList<Use> containers)
    {
        string[] cells = [.. start, use.Cpu, use.Memory];
        if (wide)
        {
            // Of a pod the container that is held back most: the pod's own limit is only the sum of theirs.
            cells =
            [
                .. cells, use.CpuLimit ?? "<none>", Use.Percent(containers.Max(c => c.Throttled)), use.MemoryLimit ?? "<none>",
                use.Pids, $"{containers.Sum(c => c.OomKills)}",
            ];
        }

        return (use, cells);
    }
}

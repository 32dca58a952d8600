using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>Prints what the daemon answered, in the form asked for.</summary>
internal sealed class ObjectPrinter(OutputFormat format, TextWriter output)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, IndentSize = 4 };
    private readonly List<JsonObject> _collected = [];
    private readonly List<(JsonNode? Object, List<string> Cells)> _rows = [];
    private TextTable? _table;
    private string? _tableOf;
    private bool _any;
    private bool _streaming;

    public OutputFormat Format { get; } = format;

    public bool ShowNamespace { get; init; }

    public bool ShowLabels { get; init; }

    /// <summary>Labels that have a column each.</summary>
    public IReadOnlyList<string> LabelColumns { get; init; } = [];

    public bool NoHeaders { get; init; }

    /// <summary>The order of what is printed together; null for that of the daemon.</summary>
    public ObjectOrder? Order { get; init; }

    /// <summary>Names as KIND/NAME, where several kinds are shown.</summary>
    public bool ShowKind { get; init; }

    public void Add(ResourceType type, JsonObject answer, bool isList)
    {
        if (Format.IsTable)
        {
            AddRows(type, answer);
        }
        else if (isList)
        {
            _any |= answer["items"]?.AsArray().Count > 0;
            foreach (var item in answer["items"]?.AsArray().OfType<JsonObject>() ?? [])
            {
                // Items of a list leave out what the list says for them.
                var full = new JsonObject { ["apiVersion"] = type.GroupVersion, ["kind"] = type.Kind };
                foreach (var (name, value) in item)
                {
                    full[name] = value?.DeepClone();
                }

                _collected.Add(full);
            }

            _isList = true;
        }
        else
        {
            _any = true;
            _collected.Add(answer);
        }
    }

    private bool _isList;

    /// <summary>Whether there was any object.</summary>
    public bool HasAny => _any;

    /// <summary>Prints what has come so far; from then on each object is printed as it comes.</summary>
    public void Flush()
    {
        if (Format.IsTable)
        {
            WriteTable();
        }
        else if (Format.Columns is { } columns)
        {
            WriteColumns(columns);
        }
        else
        {
            foreach (var item in _collected)
            {
                PrintOne(item);
            }

            _collected.Clear();
        }

        _streaming = true;
        output.Flush();
    }

    /// <summary>Prints what is left, and says so when there was nothing.</summary>
    public void Finish(string? ns)
    {
        if (_streaming)
        {
            return;
        }

        if (Order is not null && _collected.Count > 1)
        {
            var sorted = Order.Sort(_collected, item => item);
            _collected.Clear();
            _collected.AddRange(sorted);
        }

        if (Format.Columns is { } columns)
        {
            WriteColumns(columns);
        }
        else if (Format.IsTable)
        {
            WriteTable();
            if (!_any)
            {
                Console.Error.WriteLine(ns is null ? "No resources found" : $"No resources found in {ns} namespace.");
            }
        }
        else if (_isList || _collected.Count != 1)
        {
            if (Format.Name == "name")
            {
                _collected.ForEach(PrintOne);
                return;
            }

            PrintOne(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["items"] = new JsonArray([.. _collected.Select(item => item.DeepClone())]),
                ["kind"] = "List",
                ["metadata"] = new JsonObject { ["resourceVersion"] = "" },
            });
        }
        else
        {
            PrintOne(_collected[0]);
        }
    }

    /// <summary>A table without rows is not shown: names of columns alone tell nothing.</summary>
    private void WriteTable()
    {
        foreach (var (_, cells) in Order is null ? _rows : Order.Sort(_rows, row => row.Object))
        {
            _table!.Add(cells);
        }

        _rows.Clear();
        if (_table is { IsEmpty: false })
        {
            _table.WriteTo(output, !NoHeaders);
        }
    }

    private void WriteColumns(CustomColumns columns)
    {
        _table ??= new TextTable(columns.Headers);
        _collected.ForEach(item => _table.Add(columns.Cells(item)));
        _collected.Clear();
        _table.WriteTo(output, !NoHeaders);
    }

    private void PrintOne(JsonObject item)
    {
        switch (Format.Name)
        {
            case "json":
                output.WriteLine(item.ToJsonString(s_indented));
                break;
            case "yaml":
                if (_streaming)
                {
                    output.WriteLine("---");
                }

                YamlWriter.Write(output, item);
                break;
            case "name":
                output.WriteLine($"{((string?)item["kind"])?.ToLowerInvariant()}/{(string?)item["metadata"]?["name"]}");
                break;
            default:
                output.Write(JsonPaths.Evaluate(Format.Template!, item));
                break;
        }
    }

    private void AddRows(ResourceType type, JsonObject table)
    {
        if ((string?)table["kind"] != "Table")
        {
            table = Names(type, table);
        }

        var columns = table["columnDefinitions"]?.AsArray() ?? [];
        if (_table is null || _tableOf != type.Plural)
        {
            if (_rows.Count > 0)
            {
                WriteTable();
                output.WriteLine();
            }

            var headers = new List<string>();
            if (ShowNamespace && type.Namespaced)
            {
                headers.Add("NAMESPACE");
            }

            headers.AddRange(columns.Where(IsShown).Select(c => ((string)c!["name"]!).ToUpperInvariant()));
            // The last part of a label's name, as kubectl does.
            headers.AddRange(LabelColumns.Select(l => l[(l.LastIndexOf('/') + 1)..].ToUpperInvariant()));
            if (ShowLabels)
            {
                headers.Add("LABELS");
            }

            // A watch without rows yet answers without columns: the table begins with the first that has them.
            _table = columns.Count == 0 ? null : new TextTable(headers);
            _tableOf = type.Plural;
            _shown = [.. columns.Select(IsShown)];
        }

        foreach (var row in table["rows"]?.AsArray() ?? [])
        {
            _any = true;
            _rows.Add((row!["object"], [.. Cells(type, row!)]));
        }
    }

    /// <summary>What the daemon gives no table of has its names at least.</summary>
    private static JsonObject Names(ResourceType type, JsonObject answer)
    {
        var items = answer["items"] is JsonArray list ? list.OfType<JsonObject>() : [answer];
        var rows = items.Select(item => (JsonNode)new JsonObject
        {
            ["cells"] = new JsonArray((string?)item["metadata"]?["name"] ?? throw new CommandException($"the daemon gave no table of {type.Plural}")),
            ["object"] = new JsonObject { ["metadata"] = item["metadata"]!.DeepClone() },
        });
        return new JsonObject
        {
            ["columnDefinitions"] = new JsonArray(new JsonObject { ["name"] = "Name" }),
            ["rows"] = new JsonArray([.. rows]),
        };
    }

    private bool[] _shown = [];

    private bool IsShown(JsonNode? column) => Format.Name == "wide" || ((int?)column?["priority"] ?? 0) == 0;

    private IEnumerable<string> Cells(ResourceType type, JsonNode row)
    {
        var metadata = row["object"]?["metadata"];
        if (ShowNamespace && type.Namespaced)
        {
            yield return (string?)metadata?["namespace"] ?? "";
        }

        var cells = row["cells"]!.AsArray();
        var first = true;
        for (var i = 0; i < cells.Count && i < _shown.Length; i++)
        {
            if (!_shown[i])
            {
                continue;
            }

            var text = cells[i] switch
            {
                null => "<none>",
                JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
                var other => other.ToJsonString(),
            };
            yield return first && ShowKind ? $"{type.Singular}/{text}" : text;
            first = false;
        }

        var labels = metadata?["labels"] as JsonObject;
        foreach (var label in LabelColumns)
        {
            yield return (string?)labels?[label] ?? "";
        }

        if (ShowLabels)
        {
            yield return labels is null or { Count: 0 } ? "<none>" : string.Join(',', labels.Select(l => $"{l.Key}={l.Value}"));
        }
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Values;

namespace Insula.Cli.Output;

/// <summary>What the machine uses, of the metrics API, against what pods may have of it.</summary>
internal static class NodeUse
{
    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="use">NodeMetrics.</param>
    /// <param name="nodes">Nodes.</param>
    /// <param name="withHeaders">Whether with the line of column names.</param>
    public static void Write(TextWriter output, JsonArray use, JsonArray nodes, bool withHeaders)
    {
        var table = new TextTable("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)");
        foreach (var one in use)
        {
            var name = (string?)one?["metadata"]?["name"] ?? "";
            var allocatable = nodes.FirstOrDefault(n => (string?)n?["metadata"]?["name"] == name)?["status"]?["allocatable"];
            var (cpu, memory) = (Amount(one?["usage"], "cpu"), Amount(one?["usage"], "memory"));
            table.Add(
                name, $"{cpu?.MilliValue}m", Percent(cpu?.MilliValue, Amount(allocatable, "cpu")?.MilliValue),
                Use.Mebibytes(memory?.Value) ?? "", Percent(memory?.Value, Amount(allocatable, "memory")?.Value));
        }

        table.WriteTo(output, withHeaders);
    }

    private static Quantity? Amount(JsonNode? amounts, string name) => Quantity.TryParse((string?)amounts?[name], out var amount) ? amount : null;

    private static string Percent(long? part, long? whole) => part is { } p && whole is > 0 and var w ? $"{100 * p / w}%" : "<unknown>";
}

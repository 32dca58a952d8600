using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Bench.Measuring;

namespace Insula.Bench.Reports;

/// <summary>What a run has measured, as Markdown, JSON and a chart.</summary>
internal sealed class Report(Machine machine, bool quick)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private readonly List<(Figure Figure, Samples Samples)> _figures = [];

    /// <summary>Adds what was measured for a figure.</summary>
    public void Add(Figure figure, Samples samples) => _figures.Add((figure, samples));

    /// <summary>Writes RESULTS.md, results.json and results.svg into a directory.</summary>
    public async Task WriteAsync(string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "RESULTS.md"), Markdown(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "results.json"), Json().ToJsonString(s_indented) + "\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "results.svg"), Chart.Draw([.. _figures.SelectMany(f => f.Figure.Promises.Select(p => (p, f.Samples)))]), cancellationToken);
    }

    /// <summary>The promises that must be kept on every machine, and are not.</summary>
    public IReadOnlyList<string> Missed =>
        [.. _figures.SelectMany(f => f.Figure.Promises.Where(p => p.Gates && p.Kept(f.Samples) == false)
            .Select(p => $"{p.Title}: {Number(p.Measured(f.Samples))} {p.Unit} is not {(p.AtLeast ? "≥" : "≤")} {Number(p.Bound)} {p.Unit}"))];

    /// <summary>How many promises were measured and kept.</summary>
    public string Summary()
    {
        var kept = _figures.SelectMany(f => f.Figure.Promises.Select(p => p.Kept(f.Samples))).ToList();
        return $"{kept.Count(k => k == true)} promises kept, {kept.Count(k => k == false)} missed, {kept.Count(k => k is null)} not measured";
    }

    private string Markdown()
    {
        var text = new StringBuilder();
        text.Append("# Results\n\n");
        text.Append(CultureInfo.InvariantCulture, $"`make bench{(quick ? " BENCH=--quick" : "")}` on {DateTime.UtcNow:yyyy-MM-dd}, {machine}.\n\n");
        text.Append("Everybody did the same in turn, in one run; a ratio is the median of the ratios of single rounds. Absolute times say little about other machines.\n\n");
        text.Append("| Promise | | Measured | Kept |\n|---|---|---|---|\n");
        foreach (var (figure, samples) in _figures)
        {
            foreach (var promise in figure.Promises)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {promise.Title} | {(promise.AtLeast ? "≥" : "≤")} {Number(promise.Bound)} {promise.Unit} | {Measured(promise, samples)} | {Word(promise.Kept(samples))} |\n");
            }
        }

        foreach (var (figure, samples) in _figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {figure.Title}\n\n{figure.About}\n\n| | n | p10 | median | p99 | |\n|---|---|---|---|---|---|\n");
            foreach (var name in samples.Names)
            {
                var values = samples.Of(name);
                text.Append(CultureInfo.InvariantCulture, $"| {name} | {values.Count} | {Number(Samples.Quantile(values, 0.1))} | {Number(Samples.Quantile(values, 0.5))} | {Number(Samples.Quantile(values, 0.99))} | {figure.Unit} |\n");
            }

            text.Append('\n');
            foreach (var promise in figure.Promises)
            {
                text.Append(CultureInfo.InvariantCulture, $"- *{promise.Title}*: {promise.Moment}.\n");
            }

            foreach (var skipped in samples.Skipped)
            {
                text.Append(CultureInfo.InvariantCulture, $"- left out: {skipped}.\n");
            }
        }

        return text.ToString();
    }

    private JsonObject Json() => new()
    {
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["machine"] = machine.ToString(),
        ["quick"] = quick,
        ["figures"] = new JsonArray([.. _figures.Select(f => (JsonNode)new JsonObject
        {
            ["name"] = f.Figure.Name,
            ["unit"] = f.Figure.Unit,
            ["promises"] = new JsonArray([.. f.Figure.Promises.Select(p => (JsonNode)new JsonObject
            {
                ["title"] = p.Title,
                ["moment"] = p.Moment,
                ["bound"] = p.Bound,
                ["atLeast"] = p.AtLeast,
                ["measured"] = p.Measured(f.Samples) is var measured && double.IsNaN(measured) ? null : measured,
            })]),
            ["samples"] = new JsonObject(f.Samples.Names.Select(name =>
                KeyValuePair.Create(name, (JsonNode?)new JsonArray([.. f.Samples.Of(name).Select(value => (JsonNode?)JsonValue.Create(Math.Round(value, 4)))])))),
        })]),
    };

    private static string Measured(Promise promise, Samples samples) =>
        promise.Kept(samples) is null ? "–" : $"{Number(promise.Measured(samples))} {promise.Unit}";

    private static string Word(bool? kept) => kept switch { true => "yes", false => "**no**", null => "not measured" };

    /// <summary>Three digits that count.</summary>
    private static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("#,##0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}

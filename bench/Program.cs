using System.CommandLine;
using Insula.Bench.Figures;
using Insula.Bench.Measuring;
using Insula.Bench.Reports;

var programs = new Option<string>("--programs") { Description = "the directory of insulad, insula and insula-shim", DefaultValueFactory = _ => "out" };
var tools = new Option<string>("--tools") { Description = "the directory of floor and timed", DefaultValueFactory = _ => "out/bench" };
var output = new Option<string>("--output") { Description = "where RESULTS.md, results.json and results.svg go", DefaultValueFactory = _ => "out/bench" };
var quick = new Option<bool>("--quick") { Description = "a small form of everything: fewer rounds, fewer pods" };
var gates = new Option<bool>("--gates") { Description = "only the memory and the counts that a build must keep to, without peers" };
var only = new Option<string[]>("--only") { Description = "only these figures: " + string.Join(", ", FigureTable.All.Select(f => f.Name)), AllowMultipleArgumentsPerToken = true };
var command = new RootCommand("measures Insula beside its peers, in one run") { programs, tools, output, quick, gates, only };
command.SetAction(async (parsed, cancellationToken) =>
{
    var work = Directory.CreateTempSubdirectory("insula-bench-").FullName;
    try
    {
        var directory = Path.GetFullPath(parsed.GetValue(programs)!);
        var context = new BenchContext(
            directory, Path.Combine(directory, "images"), Path.GetFullPath(parsed.GetValue(tools)!), work, parsed.GetValue(quick) || parsed.GetValue(gates), parsed.GetValue(gates), Console.Error.WriteLine);
        IReadOnlyList<Figure> chosen = parsed.GetValue(only) is { Length: > 0 } names ? [.. FigureTable.All.Where(f => names.Contains(f.Name))]
            : context.Gates ? [.. FigureTable.All.Where(f => f.Promises.Any(p => p.Gates))]
            : FigureTable.All;
        var report = new Report(await Machine.ReadAsync(context, cancellationToken), context.Quick);
        var failures = 0;
        foreach (var figure in chosen)
        {
            var samples = new Samples();
            try
            {
                await figure.MeasureAsync(context, samples, cancellationToken);
                report.Add(figure, samples);
            }
            catch (Exception e) when (e is InvalidOperationException or HttpRequestException or IOException)
            {
                failures++;
                Console.WriteLine($"ERROR {figure.Name}: {e.Message}");
            }
        }

        await report.WriteAsync(parsed.GetValue(output)!, cancellationToken);
        foreach (var missed in report.Missed)
        {
            failures++;
            Console.WriteLine($"FAIL {missed}");
        }

        Console.WriteLine(report.Summary());
        Console.WriteLine($"{chosen.Count - Math.Min(failures, chosen.Count)} passed, {failures} failed");
        return failures == 0 ? 0 : 1;
    }
    finally
    {
        // Its mounts were in namespaces that have ended; what is left are files.
        Directory.Delete(work, recursive: true);
    }
});
return await command.Parse(args).InvokeAsync();

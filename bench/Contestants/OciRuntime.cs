using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>crun or runc: <c>run</c> of a container that ends at once, with limits and without a network. No pod, no daemon, no log.</summary>
internal sealed class OciRuntime : IContestant
{
    private readonly BenchContext _context;
    private readonly Enclosure _enclosure;
    private readonly string _bundle;

    private OciRuntime(string name, BenchContext context, Enclosure enclosure, string bundle)
    {
        Name = name;
        _context = context;
        _enclosure = enclosure;
        _bundle = bundle;
    }

    public string Name { get; }

    /// <summary>Prepares a bundle for a runtime.</summary>
    public static async Task<OciRuntime> PrepareAsync(string name, BenchContext context, Enclosure enclosure, CancellationToken cancellationToken)
    {
        var bundle = Path.Combine(context.Work, name);
        Rootfs.Make(Path.Combine(bundle, "rootfs"));
        await Command.RunAsync([.. enclosure.Words, "sh", "-c", "cd \"$0\" && rm -f config.json && \"$1\" spec", bundle, name], cancellationToken);
        var path = Path.Combine(bundle, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken))!.AsObject();
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("true");
        config["process"]!.AsObject().Remove("rlimits");
        config["process"]!.AsObject().Remove("oomScoreAdj");
        config["linux"]!["cgroupsPath"] = string.Create(CultureInfo.InvariantCulture, $"/insula-bench-{Environment.ProcessId}-{name}");
        config["linux"]!["resources"] = JsonNode.Parse("""{"cpu":{"quota":50000,"period":100000},"memory":{"limit":67108864},"pids":{"limit":100}}""");
        await File.WriteAllTextAsync(path, config.ToJsonString(), cancellationToken);
        return new OciRuntime(name, context, enclosure, bundle);
    }

    public async Task<IReadOnlyList<(string Name, double Milliseconds)>> RunAsync(int round, CancellationToken cancellationToken) =>
        [("run", await Command.TimeAsync(
            _context.Tools, _enclosure.Words, [Name, "--root", Path.Combine(_bundle, "state"), "run", "--bundle", _bundle, $"bench-{round}"], cancellationToken))];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

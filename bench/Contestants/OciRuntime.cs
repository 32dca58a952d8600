using System.Text.Json.Nodes;
using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>crun or runc: <c>run</c> of a container, with limits and without a network. No pod, no daemon, no log.</summary>
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

    private IEnumerable<string> Words => [Name, "--root", Path.Combine(_bundle, "state")];

    /// <summary>Prepares a bundle for a runtime.</summary>
    /// <param name="name">The runtime's name.</param>
    /// <param name="program">What its container runs.</param>
    /// <param name="context">The run.</param>
    /// <param name="enclosure">Where it runs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<OciRuntime> PrepareAsync(
        string name, IEnumerable<string> program, BenchContext context, Enclosure enclosure, CancellationToken cancellationToken)
    {
        var bundle = Path.Combine(context.Work, name);
        Rootfs.Make(Path.Combine(bundle, "rootfs"));
        await Command.RunAsync([.. enclosure.Words, "sh", "-c", "cd \"$0\" && rm -f config.json && \"$1\" spec", bundle, name], cancellationToken);
        var path = Path.Combine(bundle, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken))!.AsObject();
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray([.. program.Select(word => (JsonNode)word)]);
        config["process"]!.AsObject().Remove("rlimits");
        config["process"]!.AsObject().Remove("oomScoreAdj");
        config["linux"]!["cgroupsPath"] = $"{enclosure.Group}/{name}";
        config["linux"]!["resources"] = JsonNode.Parse("""{"cpu":{"quota":50000,"period":100000},"memory":{"limit":67108864},"pids":{"limit":100}}""");
        await File.WriteAllTextAsync(path, config.ToJsonString(), cancellationToken);
        return new OciRuntime(name, context, enclosure, bundle);
    }

    public async Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken) =>
        [("run", await Command.TimeAsync(_context.Tools, _enclosure.Words, [.. Words, "run", "--bundle", _bundle, $"bench-{round}"], cancellationToken))];

    /// <summary>Starts a container that goes on, and so must hold none of our pipes.</summary>
    public Task StartAsync(string id, CancellationToken cancellationToken) => Command.RunAsync(
        [.. _enclosure.Words, "sh", "-c", "exec \"$@\" </dev/null >\"$0\" 2>&1", Path.Combine(_bundle, "log"), .. Words, "run", "--detach", "--bundle", _bundle, id], cancellationToken);

    /// <summary>Runs a command in it; the milliseconds.</summary>
    public Task<double> ExecAsync(string id, IEnumerable<string> command, CancellationToken cancellationToken) =>
        Command.TimeAsync(_context.Tools, _enclosure.Words, [.. Words, "exec", id, .. command], cancellationToken);

    /// <summary>Ends it.</summary>
    public Task EndAsync(string id, CancellationToken cancellationToken) =>
        Command.RunAsync([.. _enclosure.Words, .. Words, "delete", "--force", id], cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

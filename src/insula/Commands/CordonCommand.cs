using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula cordon</c> and <c>insula uncordon</c>: whether the machine takes further pods.</summary>
internal static class CordonCommand
{
    public static Command Cordon() => Create(
        "cordon",
        """
        let the machine take no further pods: new ones wait, but for static ones, DaemonSets' and those that tolerate it; those that run go on

          insula cordon
          insula uncordon
        """,
        closed: true);

    public static Command Uncordon() => Create("uncordon", "let the machine take pods again", closed: false);

    /// <summary>The machine's name, as an argument that may be left out: there is one.</summary>
    public static Argument<string?> Node() => new("node") { Description = "the machine's name; there is one", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The machine's object.</summary>
    /// <exception cref="CommandException">It has another name than was given.</exception>
    public static async Task<JsonObject> FindAsync(ApiClient client, string? name, CancellationToken ct)
    {
        var nodes = (await client.GetAsync("/api/v1/nodes", ct))["items"]!.AsArray();
        var found = nodes.OfType<JsonObject>().FirstOrDefault(n => name is null || Name(n) == name);
        return found ?? throw new CommandException($"nodes \"{name}\" not found: this machine is {string.Join(", ", nodes.OfType<JsonObject>().Select(Name))}") { Code = 404 };
    }

    /// <summary>Closes or opens the machine, and says so.</summary>
    public static async Task SetAsync(ApiClient client, JsonObject node, bool closed, bool dryRun, CancellationToken ct)
    {
        var (name, done) = (Name(node), closed ? "cordoned" : "uncordoned");
        if (((bool?)node["spec"]?["unschedulable"] ?? false) == closed)
        {
            await Console.Out.WriteLineAsync($"node/{name} already {done}");
            return;
        }

        var patch = new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = closed ? true : null } };
        await client.SendAsync(
            HttpMethod.Patch, $"/api/v1/nodes/{Uri.EscapeDataString(name)}{(dryRun ? "?dryRun=All" : "")}", ApiClient.Json(patch, "application/merge-patch+json"), ct);
        await Console.Out.WriteLineAsync($"node/{name} {done}{(dryRun ? " (server dry run)" : "")}");
    }

    public static string Name(JsonObject node) => (string)node["metadata"]!["name"]!;

    private static Command Create(string verb, string description, bool closed)
    {
        var name = Node();
        var dryRun = DryRun.Option();
        var command = new Command(verb, description) { name, dryRun };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            await SetAsync(client, await FindAsync(client, parsed.GetValue(name), ct), closed, DryRun.Of(parsed.GetValue(dryRun)), ct);
            return 0;
        });
        return command;
    }
}

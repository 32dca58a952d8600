using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create namespace</c>.</summary>
internal static class CreateNamespaceCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var dryRun = DryRun.Option();
        var command = new Command("namespace", "create a Namespace") { name, dryRun };
        command.Aliases.Add("ns");
        command.SetAction(async (parsed, ct) =>
        {
            var query = DryRun.Of(parsed.GetValue(dryRun)) ? "?dryRun=All" : "";
            var document = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = parsed.GetValue(name) },
            };
            using var client = parsed.Client();
            await client.SendAsync(HttpMethod.Post, $"/api/v1/namespaces{query}", ApiClient.Json(document), ct);
            await Console.Out.WriteLineAsync($"namespace/{parsed.GetValue(name)} created");
            return 0;
        });
        return command;
    }
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula patch</c>: a change that is said by its difference.</summary>
internal static class PatchCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("what") { Description = "KIND NAME… or KIND/NAME…", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var patch = new Option<string>("--patch", "-p") { Description = "the patch, as JSON", Required = true, HelpName = "JSON" };
        var type = new Option<string>("--type") { Description = "strategic (lists by their keys), merge (RFC 7396) or json (RFC 6902)", DefaultValueFactory = _ => "strategic", HelpName = "TYPE" };
        type.AcceptOnlyFromAmong("strategic", "merge", "json");
        var subresource = new Option<string?>("--subresource") { Description = "change this part of the object instead: status, scale or resize", HelpName = "NAME" };
        subresource.AcceptOnlyFromAmong("status", "scale", "resize");
        var command = new Command(
            "patch",
            """
            change fields of objects

              insula patch deployment web -p '{"spec":{"replicas":3}}'
              insula patch service web --type json -p '[{"op":"replace","path":"/spec/ports/0/port","value":81}]'
              insula patch pod hello -p '{"status":{"conditions":[{"type":"example.com/fed","status":"True"}]}}' --subresource status
              insula patch pod hello -p '{"spec":{"containers":[{"name":"hello","resources":{"limits":{"cpu":"2"}}}]}}' --subresource resize
            """)
        {
            words, patch, type, subresource,
        };
        command.SetAction(async (parsed, ct) =>
        {
            JsonNode? body;
            try
            {
                body = JsonNode.Parse(parsed.GetValue(patch)!);
            }
            catch (JsonException e)
            {
                throw new CommandException($"--patch: this is not JSON: {e.Message}");
            }

            var media = parsed.GetValue(type) switch
            {
                "json" => "application/json-patch+json",
                "merge" => "application/merge-patch+json",
                _ => "application/strategic-merge-patch+json",
            };
            var suffix = parsed.GetValue(subresource) is { } part ? $"/{part}" : "";
            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(
                client, parsed.GetValue(words)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                var before = Version(await client.GetAsync(target.Path, ct));
                var after = await client.SendAsync(HttpMethod.Patch, target.Path + suffix, ApiClient.Json(body ?? throw new CommandException("--patch: null changes nothing"), media), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} patched{(Version(after) == before ? " (no change)" : "")}");
            }

            return 0;
        });
        return command;
    }
    private static string? Version(JsonNode? document) => (string?)document?["metadata"]?["resourceVersion"];
}

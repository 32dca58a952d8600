using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula scale</c>: how many pods a workload has.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what") { Description = "KIND NAME… or KIND/NAME…", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var replicas = new Option<int>("--replicas") { Description = "how many", Required = true, HelpName = "COUNT" };
        var current = new Option<int?>("--current-replicas") { Description = "only if it wants so many now", HelpName = "COUNT" };
        var command = new Command(
            "scale",
            """
            set how many pods a Deployment, ReplicaSet or StatefulSet has

              insula scale deployment web --replicas 5
              insula scale deploy/web deploy/api --replicas 0
              insula scale rs/web-7d4f --replicas 2 --current-replicas 3
            """)
        {
            what, replicas, current,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(
                client, parsed.GetValue(what)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                var path = $"{target.Path}/scale";
                var patch = new JsonObject { ["spec"] = new JsonObject { ["replicas"] = parsed.GetValue(replicas) } };
                if (parsed.GetValue(current) is { } expected)
                {
                    var scale = await client.GetAsync(path, ct);
                    if ((int?)scale["spec"]?["replicas"] != expected)
                    {
                        throw new CommandException($"{target.Reference} wants {scale["spec"]?["replicas"]} replicas, not {expected}");
                    }

                    patch["metadata"] = new JsonObject { ["resourceVersion"] = scale["metadata"]?["resourceVersion"]?.DeepClone() };
                }

                await client.SendAsync(HttpMethod.Patch, path, ApiClient.Json(patch, "application/merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} scaled");
            }

            return 0;
        });
        return command;
    }
}

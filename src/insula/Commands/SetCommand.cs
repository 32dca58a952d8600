using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula set image</c>: other images for the containers of a pod or workload.</summary>
internal static class SetCommand
{
    public static Command Create() => new("set", "change one thing of an object") { Image() };

    private static Command Image()
    {
        var words = new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME, then CONTAINER=IMAGE…; * stands for all containers", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var command = new Command(
            "image",
            """
            set the images of containers; a workload then replaces its pods

              insula set image deployment/web web=nginx:1.27
              insula set image deploy web web=nginx:1.27 sidecar=envoy:1.31
              insula set image cronjob/backup '*=busybox:1.36'
            """)
        {
            words,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var all = parsed.GetValue(words)!;
            var images = all.Where(w => w.Contains('=', StringComparison.Ordinal)).Select(w => w.Split('=', 2)).ToList();
            if (images.Count == 0 || images.Any(i => i[0].Length == 0 || i[1].Length == 0))
            {
                throw new CommandException("name the images: CONTAINER=IMAGE…");
            }

            using var client = parsed.Client();
            var what = all.Where(w => !w.Contains('=', StringComparison.Ordinal)).ToArray();
            foreach (var target in await Targets.ResolveAsync(client, what, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                var document = await client.GetAsync(target.Path, ct);
                var (spec, wrap) = PodTemplates.Of(target, document);
                var patch = new JsonObject();
                foreach (var image in images)
                {
                    Change(target, spec, patch, image[0], image[1]);
                }

                await client.SendAsync(HttpMethod.Patch, target.Path, ApiClient.Json(wrap(patch), "application/strategic-merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} image updated");
            }

            return 0;
        });
        return command;
    }

    private static void Change(ObjectTarget target, JsonObject spec, JsonObject patch, string container, string image)
    {
        var found = false;
        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var name in (spec[list] as JsonArray ?? []).Select(c => (string?)c?["name"]).OfType<string>().Where(n => container == "*" || n == container))
            {
                patch[list] ??= new JsonArray();
                patch[list]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = name, ["image"] = image });
                found = true;
            }
        }

        if (!found)
        {
            throw new CommandException($"{target.Reference} has no container \"{container}\"");
        }
    }
}

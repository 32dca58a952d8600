using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula set image</c> and <c>set resources</c>: other images and resources for the containers of a pod or workload.</summary>
internal static class SetCommand
{
    public static Command Create() => new("set", "change one thing of an object") { Image(), Resources() };

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
                    Change(target, spec, patch, image[0], () => ("image", image[1]));
                }

                await client.SendAsync(HttpMethod.Patch, target.Path, ApiClient.Json(wrap(patch), "application/strategic-merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} image updated");
            }

            return 0;
        });
        return command;
    }

    private static Command Resources()
    {
        var words = new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var container = new Option<string>("--containers", "-c") { Description = "the container; * stands for all", DefaultValueFactory = _ => "*", HelpName = "NAME" };
        var limits = new Option<string?>("--limits") { Description = "the most they may use", HelpName = "RESOURCE=AMOUNT,…" };
        var requests = new Option<string?>("--requests") { Description = "what they are promised", HelpName = "RESOURCE=AMOUNT,…" };
        var command = new Command(
            "resources",
            """
            set requests and limits of containers: those of a pod change while it runs, a workload replaces its pods

              insula set resources pod/web --limits cpu=2,memory=512Mi
              insula set resources deployment/web -c web --requests cpu=250m --limits cpu=1
            """)
        {
            words, container, limits, requests,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var resources = new JsonObject();
            foreach (var (name, given) in new[] { ("limits", parsed.GetValue(limits)), ("requests", parsed.GetValue(requests)) })
            {
                if (given is not null)
                {
                    resources[name] = Amounts(name, given);
                }
            }

            if (resources.Count == 0)
            {
                throw new CommandException("say what to set: --limits RESOURCE=AMOUNT,… or --requests RESOURCE=AMOUNT,…");
            }

            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(client, parsed.GetValue(words)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                var document = await client.GetAsync(target.Path, ct);
                var (spec, wrap) = PodTemplates.Of(target, document);
                var isPod = (string?)document["kind"] == "Pod";
                var patch = new JsonObject();
                Change(target, spec, patch, parsed.GetValue(container)!, () => ("resources", resources.DeepClone()), isPod);
                await client.SendAsync(HttpMethod.Patch, isPod ? target.Path + "/resize" : target.Path, ApiClient.Json(wrap(patch), "application/strategic-merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} resource requirements updated");
            }

            return 0;
        });
        return command;
    }

    private static JsonObject Amounts(string option, string text)
    {
        var amounts = new JsonObject();
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)))
        {
            amounts[pair[0]] = pair is [{ Length: > 0 }, { Length: > 0 } amount] ? amount : throw new CommandException($"--{option}: \"{string.Join('=', pair)}\" is not RESOURCE=AMOUNT");
        }

        return amounts;
    }

    // Init containers that end by themselves have nothing to change in a pod that exists.
    private static void Change(
        ObjectTarget target, JsonObject spec, JsonObject patch, string container, Func<(string Field, JsonNode Value)> change, bool onlyLasting = false)
    {
        var found = false;
        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var name in (spec[list] as JsonArray ?? [])
                .Where(c => container != "*" || !onlyLasting || list == "containers" || (string?)c?["restartPolicy"] == "Always")
                .Select(c => (string?)c?["name"]).OfType<string>().Where(n => container == "*" || n == container))
            {
                var (field, value) = change();
                patch[list] ??= new JsonArray();
                patch[list]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = name, [field] = value });
                found = true;
            }
        }

        if (!found)
        {
            throw new CommandException($"{target.Reference} has no container \"{container}\"");
        }
    }
}

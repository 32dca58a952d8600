using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula image</c>: everything that can be done with images.</summary>
internal static class ImageCommand
{
    public static Command Create() => new(
        "image",
        """
        the images on this machine

          insula image pull nginx:1.27          bring one from its registry
          insula image load app.tar             bring one from an archive
          insula image save nginx:1.27 >n.tar   take one along, for any engine
          insula image ls -o wide               what there is, and what each has for itself
          insula image inspect nginx:1.27       all that is known of one
          insula image pin nginx:1.27           keep it however full the disk is
          insula image prune --all --dry-run    what no pod uses
        """)
    {
        ImagesCommand.Create("ls"),
        Inspect(),
        PullCommand.Create(),
        LoadCommand.Create(),
        SaveCommand.Create(),
        RemoveImageCommand.Create("rm"),
        Prune(),
        Pin("pin", "keep images, however full the disk is and whoever prunes", pinned: true),
        Pin("unpin", "let images go again that were pinned", pinned: false),
    };

    private static Command Inspect()
    {
        var name = new Argument<string>("image") { Description = "reference or id" };
        var output = Common.Output("json, yaml, jsonpath=TEMPLATE");
        var command = new Command("inspect", "show all that is known of an image: digests, layers, what it runs") { name, output };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var image = await client.GetAsync($"{ImagesCommand.Path}/{Uri.EscapeDataString(parsed.GetValue(name)!)}", ct);
            var printer = new ObjectPrinter(OutputFormat.Parse(parsed.GetValue(output) ?? "json"), Console.Out);
            printer.Add(new Client.ResourceType("Image", "insula.dev/v1", "images", "image", [], false), image, isList: false);
            printer.Finish(null);
            return 0;
        });
        return command;
    }

    private static Command Prune()
    {
        var all = new Option<bool>("--all", "-a") { Description = "those with a name, too, not only those whose name another image has by now" };
        var only = new Option<bool>("--dry-run") { Description = "show what would go, and remove nothing" };
        var command = new Command("prune", "remove images that no pod uses and nobody pinned") { all, only };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var query = $"?all={(parsed.GetValue(all) ? "true" : "false")}{(parsed.GetValue(only) ? "&dryRun=All" : "")}";
            var gone = await client.SendAsync(HttpMethod.Post, $"{ImagesCommand.Path}:prune{query}", null, ct);
            var word = parsed.GetValue(only) ? "would be removed" : "removed";
            long freed = 0;
            foreach (var image in gone["items"]?.AsArray().OfType<JsonObject>() ?? [])
            {
                var names = image["references"]?.AsArray().Select(r => (string)r!).ToList() ?? [];
                await Console.Out.WriteLineAsync($"{Printable.Cell(names.Count > 0 ? string.Join(", ", names) : (string?)image["id"] ?? "")} {word}");
                freed += (long?)image["freed"] ?? 0;
            }

            await Console.Out.WriteLineAsync($"{ImagesCommand.Size(freed)} {(parsed.GetValue(only) ? "would be freed" : "freed")}");
            return 0;
        });
        return command;
    }

    private static Command Pin(string verb, string description, bool pinned)
    {
        var names = new Argument<string[]>("image") { Description = "references or ids", Arity = ArgumentArity.OneOrMore };
        var command = new Command(verb, description) { names };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var name in parsed.GetValue(names)!)
            {
                var query = $"?image={Uri.EscapeDataString(name)}&pinned={(pinned ? "true" : "false")}";
                await client.SendAsync(HttpMethod.Post, $"{ImagesCommand.Path}:pin{query}", null, ct);
                await Console.Out.WriteLineAsync($"{name} {verb}ned");
            }

            return 0;
        });
        return command;
    }
}

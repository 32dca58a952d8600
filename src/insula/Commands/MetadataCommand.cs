using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula label</c> and <c>insula annotate</c>: entries are set, and removed by a name with a hyphen.</summary>
internal static class MetadataCommand
{
    public static Command Label() => Create(
        "label", "labels", "labeled",
        """
        set or remove labels of objects

          insula label pod hello tier=front          a new one
          insula label pod hello tier=back --overwrite
          insula label pods -l app=web tier-         removed from all of these
        """);

    public static Command Annotate() => Create(
        "annotate", "annotations", "annotated",
        """
        set or remove annotations of objects

          insula annotate pod hello note='for the demo'
          insula annotate deployment/web note-
        """);

    private static Command Create(string verb, string member, string done, string description)
    {
        var words = new Argument<string[]>("what") { Description = "KIND NAME… or KIND/NAME… or KIND with -l or --all, then NAME=VALUE… and NAME-…", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var overwrite = new Option<bool>("--overwrite") { Description = "also where there is another value" };
        var all = new Option<bool>("--all") { Description = "all objects of the kind in the namespace" };
        var selector = Common.Selector();
        var command = new Command(verb, description) { words, overwrite, all, selector };
        command.SetAction(async (parsed, ct) =>
        {
            var (what, changes) = Split(parsed.GetValue(words)!);
            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(
                client, what, parsed.NamespaceName(), parsed.GetValue(selector), parsed.GetValue(all), allNamespaces: false, ct))
            {
                var metadata = (await client.GetAsync(target.Path, ct))["metadata"]!;
                var now = metadata[member] as JsonObject ?? [];
                var patch = new JsonObject();
                foreach (var (name, value) in changes)
                {
                    if (value is not null && !parsed.GetValue(overwrite) && (string?)now[name] is { } other && other != value)
                    {
                        throw new CommandException($"{target.Reference} has {name}={other} already: give --overwrite to change it");
                    }

                    patch[name] = value;
                }

                // With the version that was looked at: nobody's change of the meantime is overwritten.
                var body = new JsonObject { ["metadata"] = new JsonObject { [member] = patch, ["resourceVersion"] = metadata["resourceVersion"]?.DeepClone() } };
                await client.SendAsync(HttpMethod.Patch, target.Path, ApiClient.Json(body, "application/merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} {done}");
            }

            return 0;
        });
        return command;
    }

    /// <summary>Objects, and what is to become of their entries: null is removed.</summary>
    internal static (string[] What, IReadOnlyList<(string Name, string? Value)> Changes) Split(string[] words)
    {
        List<string> what = [];
        List<(string, string?)> changes = [];
        foreach (var word in words)
        {
            if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                changes.Add((word[..at], word[(at + 1)..]));
            }
            else if (word.Length > 1 && word[^1] == '-')
            {
                changes.Add((word[..^1], null));
            }
            else
            {
                what.Add(word);
            }
        }

        return changes.Count > 0
            ? ([.. what], changes)
            : throw new CommandException("say what to set or to remove: NAME=VALUE or NAME-");
    }
}

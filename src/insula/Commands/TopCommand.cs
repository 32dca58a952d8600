using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula top pods</c>: what pods use, in the columns of kubectl top.</summary>
internal static class TopCommand
{
    public static Command Create() => new("top", "show what pods use") { CreatePods() };

    /// <summary>The path of what one pod uses, watched for a while.</summary>
    public static string Path(string ns, string name, string window) =>
        $"{Collection(ns)}/{Uri.EscapeDataString(name)}?window={Uri.EscapeDataString(window)}";

    private static Command CreatePods()
    {
        var name = new Argument<string?>("pod") { Description = "one pod; all when left out", Arity = ArgumentArity.ZeroOrOne }.TakesPod();
        var output = Common.Output("wide, yaml, json, name, jsonpath=TEMPLATE");
        var selector = Common.Selector();
        var all = Common.AllNamespaces();
        var containers = new Option<bool>("--containers") { Description = "a line for each container" };
        var noHeaders = new Option<bool>("--no-headers") { Description = "no line of column names" };
        var sort = new Option<string?>("--sort-by") { Description = "cpu or memory: who uses most comes first", HelpName = "COLUMN" };
        sort.AcceptOnlyFromAmong("cpu", "memory");
        var window = new Option<string>("--window")
        {
            Description = "how long to watch how fast CPU time is used, as 500ms or 5s",
            DefaultValueFactory = _ => "1s",
            HelpName = "DURATION",
        };
        var command = new Command("pods", "show the CPU (cores) and the memory (working set) that pods use now")
        {
            name, output, selector, all, containers, noHeaders, sort, window,
        };
        command.Aliases.Add("pod");
        command.Aliases.Add("po");
        command.SetAction(async (parsed, ct) =>
        {
            var format = OutputFormat.Parse(parsed.GetValue(output));
            var everywhere = parsed.GetValue(all);
            using var client = parsed.Client();
            IReadOnlyList<JsonObject> items;
            if (parsed.GetValue(name) is { } word)
            {
                if (everywhere || parsed.GetValue(selector) is not null)
                {
                    throw new CommandException("a name and -l or -A exclude each other");
                }

                items = [await client.GetAsync(Path(parsed.NamespaceName(), PodName.Of(word), parsed.GetValue(window)!), ct)];
            }
            else
            {
                var query = $"?window={Uri.EscapeDataString(parsed.GetValue(window)!)}"
                    + (parsed.GetValue(selector) is { } labels ? $"&labelSelector={Uri.EscapeDataString(labels)}" : "");
                var list = await client.GetAsync(Collection(everywhere ? null : parsed.NamespaceName()) + query, ct);
                if (!format.IsTable)
                {
                    return Print(format, list, isList: true);
                }

                items = [.. (list["items"]?.AsArray() ?? []).OfType<JsonObject>()];
            }

            if (!format.IsTable)
            {
                return Print(format, items[0], isList: false);
            }

            var table = new UseTable(everywhere, parsed.GetValue(containers), format.Name == "wide");
            table.Add(items, parsed.GetValue(sort));
            if (table.IsEmpty)
            {
                var asked = parsed.GetValue(name);
                await Console.Error.WriteLineAsync(
                    asked is not null ? $"pod {Printable.Text(PodName.Of(asked))} is not running"
                    : everywhere ? "No pods are running"
                    : $"No pods are running in {parsed.NamespaceName()} namespace.");
                return asked is null ? 0 : 1;
            }

            table.WriteTo(Console.Out, !parsed.GetValue(noHeaders));
            return 0;
        });
        return command;
    }

    private static string Collection(string? ns) =>
        ns is null ? "/apis/insula.dev/v1/podstats" : $"/apis/insula.dev/v1/namespaces/{Uri.EscapeDataString(ns)}/podstats";

    private static int Print(OutputFormat format, JsonObject answer, bool isList)
    {
        var printer = new ObjectPrinter(format, Console.Out);
        printer.Add(new ResourceType("PodStats", "insula.dev/v1", "podstats", "podstats", [], true), answer, isList);
        printer.Finish(null);
        return 0;
    }
}

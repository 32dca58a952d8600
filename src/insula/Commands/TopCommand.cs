using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula top</c>: what pods and the machine use, in the columns of kubectl top.</summary>
internal static class TopCommand
{
    public static Command Create() => new("top", "show what pods and the machine use") { CreatePods(), CreateNodes() };

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
        var watch = new Option<bool>("--watch", "-w") { Description = "again and again, until Ctrl-C: on a terminal in place" };
        var command = new Command(
            "pods",
            """
            show the CPU (cores) and the memory (working set) that pods use now

              insula top pods --containers
              insula top pods -A --sort-by cpu --watch
            """)
        {
            name, output, selector, all, containers, noHeaders, sort, window, watch,
        };
        command.Aliases.Add("pod");
        command.Aliases.Add("po");
        command.SetAction(async (parsed, ct) =>
        {
            var format = OutputFormat.Parse(parsed.GetValue(output));
            var everywhere = parsed.GetValue(all);
            var word = parsed.GetValue(name);
            if (word is not null && (everywhere || parsed.GetValue(selector) is not null))
            {
                throw new CommandException("a name and -l or -A exclude each other");
            }

            if (parsed.GetValue(watch) && !format.IsTable)
            {
                throw new CommandException("--watch shows tables alone: leave -o out, or take -o wide");
            }

            var query = $"?window={Uri.EscapeDataString(parsed.GetValue(window)!)}"
                + (parsed.GetValue(selector) is { } labels ? $"&labelSelector={Uri.EscapeDataString(labels)}" : "");
            var path = word is null ? Collection(everywhere ? null : parsed.NamespaceName()) + query : Path(parsed.NamespaceName(), PodName.Of(word), parsed.GetValue(window)!);
            using var client = parsed.Client();
            using var screen = new LiveTable(Console.Out);
            do
            {
                var answer = await client.GetAsync(path, ct);
                if (!format.IsTable)
                {
                    return Print(format, answer, isList: word is null);
                }

                var table = new UseTable(everywhere, parsed.GetValue(containers), format.Name == "wide");
                table.Add(word is null ? (answer["items"]?.AsArray() ?? []).OfType<JsonObject>() : [answer], parsed.GetValue(sort));
                if (!parsed.GetValue(watch) && table.IsEmpty)
                {
                    await Console.Error.WriteLineAsync(
                        word is not null ? $"pod {Printable.Text(PodName.Of(word))} is not running"
                        : everywhere ? "No pods are running"
                        : $"No pods are running in {parsed.NamespaceName()} namespace.");
                    return word is null ? 0 : 1;
                }

                screen.Show(to => table.WriteTo(to, !parsed.GetValue(noHeaders)));
            }
            while (parsed.GetValue(watch));

            return 0;
        });
        return command;
    }

    private static Command CreateNodes()
    {
        var noHeaders = new Option<bool>("--no-headers") { Description = "no line of column names" };
        var watch = new Option<bool>("--watch", "-w") { Description = "again and again, until Ctrl-C: on a terminal in place" };
        var command = new Command("nodes", "show the CPU (cores) and the memory (working set) that the machine uses now, and how much of what pods may have that is") { noHeaders, watch };
        command.Aliases.Add("node");
        command.Aliases.Add("no");
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            using var screen = new LiveTable(Console.Out);
            do
            {
                var answer = await client.GetAsync("/apis/metrics.k8s.io/v1beta1/nodes", ct);
                var nodes = await client.GetAsync("/api/v1/nodes", ct);
                screen.Show(to => NodeUse.Write(to, answer["items"]?.AsArray() ?? [], nodes["items"]?.AsArray() ?? [], !parsed.GetValue(noHeaders)));
            }
            while (parsed.GetValue(watch));

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

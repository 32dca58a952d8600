using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula get</c>: objects as a table, or in another form; with -w, changes as they happen.</summary>
internal static class GetCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what")
        {
            Description = "KIND, KIND NAME… or KIND/NAME…; several kinds with commas; all for pods, services and workloads",
            Arity = ArgumentArity.OneOrMore,
        }.TakesKindsAndNames();
        var output = Common.Output("wide, yaml, json, name, jsonpath=TEMPLATE, custom-columns=NAME:PATH,…");
        var watch = new Option<bool>("--watch", "-w") { Description = "go on printing changes as they happen" };
        var watchOnly = new Option<bool>("--watch-only") { Description = "print changes only, not what is there now" };
        var selector = Common.Selector();
        var fields = new Option<string?>("--field-selector")
        {
            Description = "only objects with these fields: metadata.name=a, status.phase!=Running",
            HelpName = "FIELDS",
        };
        var all = Common.AllNamespaces();
        var labels = new Option<bool>("--show-labels") { Description = "a column with the labels" };
        var columns = new Option<string[]>("--label-columns", "-L")
        {
            Description = "a column for each of these labels: app,tier",
            AllowMultipleArgumentsPerToken = false,
            HelpName = "LABELS",
        };
        var sort = new Option<string?>("--sort-by") { Description = "in the order of a field: .metadata.creationTimestamp, .status.phase", HelpName = "PATH" };
        var noHeaders = new Option<bool>("--no-headers") { Description = "no line of column names" };
        var ignore = new Option<bool>("--ignore-not-found") { Description = "an object that does not exist is no error" };
        var command = new Command("get", "show objects")
        {
            what, output, watch, watchOnly, selector, fields, all, labels, columns, sort, noHeaders, ignore,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var format = OutputFormat.Parse(parsed.GetValue(output));
            using var client = parsed.Client();
            var targets = await Targets.ParseAsync(client, parsed.GetValue(what)!, ct);
            var follow = parsed.GetValue(watch) || parsed.GetValue(watchOnly);
            if (follow && (targets.Count != 1 || targets[0].Names.Count > 1))
            {
                throw new CommandException("a watch shows one kind, or one object of it");
            }

            var order = parsed.GetValue(sort) is { } path ? new ObjectOrder(path) : null;
            if (follow && order is not null)
            {
                throw new CommandException("--sort-by and a watch exclude each other: changes come when they come");
            }

            var printer = new ObjectPrinter(format, Console.Out)
            {
                ShowNamespace = parsed.GetValue(all),
                ShowLabels = parsed.GetValue(labels),
                LabelColumns = [.. (parsed.GetValue(columns) ?? []).SelectMany(c => c.Split(',', StringSplitOptions.RemoveEmptyEntries))],
                Order = order,
                NoHeaders = parsed.GetValue(noHeaders),
                ShowKind = targets.Count > 1,
            };
            var query = new List<string>();
            Add(query, "labelSelector", parsed.GetValue(selector));
            Add(query, "fieldSelector", parsed.GetValue(fields));
            var ns = parsed.GetValue(all) ? null : parsed.NamespaceName();
            var missing = new List<string>();
            foreach (var (type, names) in targets)
            {
                var collection = type.Collection(ns);
                if (names.Count > 0 && type.Namespaced && ns is null)
                {
                    throw new CommandException("a name and --all-namespaces exclude each other");
                }

                var since = await ShowAsync(
                    client, printer, type, collection, names, query,
                    parsed.GetValue(ignore), quiet: parsed.GetValue(watchOnly), missing, ct);
                if (follow && missing.Count == 0)
                {
                    var filter = names.Count == 1
                        ? [.. query, $"fieldSelector=metadata.name%3D{Uri.EscapeDataString(names[0])}"]
                        : query;
                    await WatchAsync(client, printer, type, collection, filter, since, ct);
                }
            }

            if (printer.HasAny || (missing.Count == 0 && !parsed.GetValue(ignore)))
            {
                printer.Finish(ns);
            }

            // What is there is shown first: a missing object hides no other.
            missing.ForEach(message => Console.Error.WriteLine($"error: {Printable.Text(message)}"));
            return missing.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<string?> ShowAsync(
        ApiClient client, ObjectPrinter printer, ResourceType type, string path, IReadOnlyList<string> names,
        IReadOnlyList<string> query, bool ignoreMissing, bool quiet, List<string> missing, CancellationToken ct)
    {
        var accept = printer.Format.IsTable ? ApiClient.Table : null;

        // The rows are ordered by what their objects say.
        IReadOnlyList<string> whole = printer is { Format.IsTable: true, Order: not null } ? ["includeObject=Object"] : [];
        if (names.Count == 0)
        {
            var list = await client.SendAsync(HttpMethod.Get, path + Query([.. query, .. whole]), null, ct, accept);
            if (!quiet)
            {
                printer.Add(type, list, isList: true);
            }

            return (string?)list["metadata"]?["resourceVersion"];
        }

        string? version = null;
        foreach (var name in names)
        {
            try
            {
                var found = await client.SendAsync(
                    HttpMethod.Get, $"{path}/{Uri.EscapeDataString(name)}{Query(whole)}", null, ct, accept);
                version = (string?)found["metadata"]?["resourceVersion"]
                    ?? (string?)found["rows"]?[0]?["object"]?["metadata"]?["resourceVersion"];
                if (!quiet)
                {
                    printer.Add(type, found, isList: false);
                }
            }
            catch (CommandException e) when (e.Code == 404)
            {
                if (!ignoreMissing)
                {
                    missing.Add(e.Message);
                }
            }
        }

        return version;
    }

    private static async Task WatchAsync(
        ApiClient client, ObjectPrinter printer, ResourceType type, string path, IReadOnlyList<string> query,
        string? since, CancellationToken ct)
    {
        printer.Flush();
        // The server ends a watch after a while; the next one goes on from the last version seen.
        while (!ct.IsCancellationRequested)
        {
            var full = path + Query([.. query, "watch=true", "allowWatchBookmarks=true", .. since is null ? [] : (string[])[$"resourceVersion={since}"]]);
            await foreach (var change in client.WatchAsync(full, printer.Format.IsTable ? ApiClient.Table : null, ct))
            {
                if (change["object"] is not JsonObject current)
                {
                    continue;
                }

                since = (string?)current["metadata"]?["resourceVersion"]
                    ?? (string?)current["rows"]?[0]?["object"]?["metadata"]?["resourceVersion"] ?? since;
                if ((string?)change["type"] != "BOOKMARK")
                {
                    printer.Add(type, current, isList: false);
                    printer.Flush();
                }
            }
        }
    }

    private static void Add(List<string> query, string name, string? value)
    {
        if (value is not null)
        {
            query.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private static string Query(IReadOnlyList<string> parts) => parts.Count == 0 ? "" : "?" + string.Join('&', parts);
}

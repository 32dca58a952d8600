using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula events</c>: what happened, in order of time.</summary>
internal static class EventsCommand
{
    public static Command Create()
    {
        var about = new Option<string?>("--for") { Description = "only events about one object: pod/hello", HelpName = "KIND/NAME" };
        var watch = new Option<bool>("--watch", "-w") { Description = "go on as things happen" };
        var output = Common.Output("yaml, json, jsonpath=TEMPLATE");
        var all = Common.AllNamespaces();
        var types = new Option<string?>("--types") { Description = "only Normal or Warning events", HelpName = "TYPE" };
        var command = new Command("events", "show what happened to objects") { about, watch, output, all, types };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var filters = new List<string>();
            if (parsed.GetValue(about) is { } word)
            {
                var (type, names) = (await Targets.ParseAsync(client, [word], ct))[0];
                if (names.Count != 1)
                {
                    throw new CommandException($"--for {word}: write KIND/NAME");
                }

                filters.Add($"involvedObject.kind={type.Kind}");
                filters.Add($"involvedObject.name={names[0]}");
            }

            if (parsed.GetValue(types) is { } wanted)
            {
                filters.Add($"type={wanted}");
            }

            var everywhere = parsed.GetValue(all);
            var path = everywhere ? "/api/v1/events" : $"/api/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/events";
            var query = filters.Count == 0 ? "?" : $"?fieldSelector={Uri.EscapeDataString(string.Join(',', filters))}&";
            var list = await client.GetAsync(path + query.TrimEnd('&', '?'), ct);
            var items = EventList.InOrder(list["items"]?.AsArray() ?? []);
            if (OutputFormat.Parse(parsed.GetValue(output)) is { IsTable: false } format)
            {
                var printer = new ObjectPrinter(format, Console.Out);
                list["items"] = new JsonArray([.. items.Select(item => item.DeepClone())]);
                printer.Add(new ResourceType("Event", "v1", "events", "event", [], true), list, isList: true);
                printer.Finish(null);
                return 0;
            }

            if (items.Count == 0 && !parsed.GetValue(watch))
            {
                await Console.Error.WriteLineAsync("No events found");
                return 0;
            }

            var table = EventList.Table(everywhere, withObject: true);
            items.ForEach(item => table.Add(EventList.Cells(item, everywhere, withObject: true)));
            table.WriteTo(Console.Out);
            if (parsed.GetValue(watch))
            {
                var since = (string?)list["metadata"]?["resourceVersion"];
                while (!ct.IsCancellationRequested)
                {
                    await foreach (var change in client.WatchAsync($"{path}{query}watch=true&resourceVersion={since}", null, ct))
                    {
                        since = (string?)change["object"]?["metadata"]?["resourceVersion"] ?? since;
                        if ((string?)change["type"] is "ADDED" or "MODIFIED")
                        {
                            table.Add(EventList.Cells(change["object"]!.AsObject(), everywhere, withObject: true));
                            table.WriteTo(Console.Out);
                        }
                    }
                }
            }

            return 0;
        });
        return command;
    }
}

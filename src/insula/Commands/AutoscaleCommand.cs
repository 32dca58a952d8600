using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula autoscale</c>: an autoscaler for a workload.</summary>
internal static class AutoscaleCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var least = new Option<int>("--min") { Description = "the fewest pods", DefaultValueFactory = _ => 1, HelpName = "COUNT" };
        var most = new Option<int>("--max") { Description = "the most pods", Required = true, HelpName = "COUNT" };
        var cpu = new Option<string?>("--cpu") { Description = "what pods should use of CPU: a percentage of their requests, or an amount (default 80%)", HelpName = "TARGET" };
        var memory = new Option<string?>("--memory") { Description = "the same of memory", HelpName = "TARGET" };
        var name = new Option<string?>("--name") { Description = "the autoscaler's name (default: the workload's)", HelpName = "NAME" };
        var dryRun = DryRun.Option();
        var command = new Command(
            "autoscale",
            """
            let what pods use set how many there are (a HorizontalPodAutoscaler)

              insula autoscale deployment web --min 2 --max 10 --cpu 60%
              insula autoscale statefulset/cache --max 5 --memory 200Mi
            """)
        {
            what, least, most, cpu, memory, name, dryRun,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(client, parsed.GetValue(what)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                await client.GetAsync($"{target.Path}/scale", ct);
                var own = parsed.GetValue(name) ?? target.Name;
                var document = new JsonObject
                {
                    ["apiVersion"] = "autoscaling/v2",
                    ["kind"] = "HorizontalPodAutoscaler",
                    ["metadata"] = new JsonObject { ["name"] = own },
                    ["spec"] = new JsonObject
                    {
                        ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = target.Type.GroupVersion, ["kind"] = target.Type.Kind, ["name"] = target.Name },
                        ["minReplicas"] = parsed.GetValue(least),
                        ["maxReplicas"] = parsed.GetValue(most),
                        ["metrics"] = new JsonArray([.. Metrics(parsed.GetValue(cpu), parsed.GetValue(memory))]),
                    },
                };
                var path = $"/apis/autoscaling/v2/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/horizontalpodautoscalers{(DryRun.Of(parsed.GetValue(dryRun)) ? "?dryRun=All" : "")}";
                await client.SendAsync(HttpMethod.Post, path, ApiClient.Json(document), ct);
                await Console.Out.WriteLineAsync($"horizontalpodautoscaler.autoscaling/{own} autoscaled");
            }

            return 0;
        });
        return command;
    }

    // None: the daemon has a default.
    private static IEnumerable<JsonNode> Metrics(string? cpu, string? memory) =>
        from metric in ((string Name, string? Target)[])[("cpu", cpu), ("memory", memory)]
        where metric.Target is not null
        select (JsonNode)new JsonObject { ["type"] = "Resource", ["resource"] = new JsonObject { ["name"] = metric.Name, ["target"] = Target(metric.Name, metric.Target!) } };

    private static JsonObject Target(string resource, string text) =>
        !text.EndsWith('%') ? new JsonObject { ["type"] = "AverageValue", ["averageValue"] = text }
        : int.TryParse(text.AsSpan(0, text.Length - 1), out var percent) ? new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent }
        : throw new CommandException($"--{resource} {text}: a percentage like 60%, or an amount like {(resource == "cpu" ? "200m" : "100Mi")}");
}

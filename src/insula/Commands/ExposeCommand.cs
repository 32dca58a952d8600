using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula expose</c>: a Service for what there is.</summary>
internal static class ExposeCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var port = new Option<int?>("--port") { Description = "the Service's port (default: each that the containers name)", HelpName = "PORT" };
        var target = new Option<string?>("--target-port") { Description = "the pods' port, a number or a name (default: the same)", HelpName = "PORT" };
        var name = new Option<string?>("--name") { Description = "the Service's name (default: the object's)", HelpName = "NAME" };
        var type = new Option<string?>("--type") { Description = "ClusterIP, NodePort or LoadBalancer", HelpName = "TYPE" };
        var protocol = new Option<string?>("--protocol") { Description = "TCP, UDP or SCTP", HelpName = "PROTOCOL" };
        var command = new Command(
            "expose",
            """
            make a Service that leads to the pods of a workload, or to a pod

              insula expose deployment web --port 80 --target-port 8080
              insula expose deploy/web --type NodePort
              insula expose pod hello --port 80 --name greeting
            """)
        {
            what, port, target, name, type, protocol,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var one in await Targets.ResolveAsync(client, parsed.GetValue(what)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                var document = await client.GetAsync(one.Path, ct);
                var spec = new JsonObject { ["selector"] = Selector(one, document), ["ports"] = Ports(one, document, parsed.GetValue(port), parsed.GetValue(target), parsed.GetValue(protocol)) };
                if (parsed.GetValue(type) is { } wanted)
                {
                    spec["type"] = wanted;
                }

                var metadata = new JsonObject { ["name"] = parsed.GetValue(name) ?? one.Name };
                if (document["metadata"]?["labels"] is { } labels)
                {
                    metadata["labels"] = labels.DeepClone();
                }

                var service = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = metadata, ["spec"] = spec };
                await client.SendAsync(
                    HttpMethod.Post, $"/api/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/services", ApiClient.Json(service), ct);
                await Console.Out.WriteLineAsync($"service/{metadata["name"]} exposed");
            }

            return 0;
        });
        return command;
    }

    private static JsonNode Selector(ObjectTarget one, JsonObject document)
    {
        var labels = one.Type.Kind switch
        {
            "Pod" => document["metadata"]?["labels"],
            "ReplicationController" or "Service" => document["spec"]?["selector"],
            _ when document["spec"]?["selector"]?["matchExpressions"] is JsonArray { Count: > 0 } =>
                throw new CommandException($"{one.Reference} chooses its pods by more than labels, which a Service cannot: write its manifest"),
            _ => document["spec"]?["selector"]?["matchLabels"],
        };
        return labels is JsonObject { Count: > 0 } ? labels.DeepClone() : throw new CommandException($"{one.Reference} has no labels by which a Service could find it");
    }

    private static JsonArray Ports(ObjectTarget one, JsonObject document, int? port, string? target, string? protocol)
    {
        if (port is { } number)
        {
            return new JsonArray(Port(null, number, target, protocol));
        }

        var ports = one.Type.Kind == "Service"
            ? (document["spec"]?["ports"] as JsonArray ?? []).Select(p => ((int?)p?["port"], (string?)p?["protocol"]))
            : (PodTemplates.Of(one, document).Spec["containers"] as JsonArray ?? []).SelectMany(c => c?["ports"] as JsonArray ?? [])
                .Select(p => ((int?)p?["containerPort"], (string?)p?["protocol"]));
        var all = ports.Distinct().ToList();
        return all.Count == 0
            ? throw new CommandException($"{one.Reference} names no ports: give --port")
            : [.. all.Select((p, i) => (JsonNode)Port(all.Count == 1 ? null : $"port-{i + 1}", p.Item1 ?? 0, target, protocol ?? p.Item2))];
    }

    private static JsonObject Port(string? name, int port, string? target, string? protocol)
    {
        var made = new JsonObject { ["port"] = port };
        if (name is not null)
        {
            made["name"] = name;
        }

        if (target is not null)
        {
            made["targetPort"] = int.TryParse(target, out var number) ? number : target;
        }

        if (protocol is not null)
        {
            made["protocol"] = protocol;
        }

        return made;
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create deployment</c>: workloads made from words.</summary>
internal static class CreateWorkloadCommand
{
    public static Command Deployment()
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var images = Images();
        var replicas = new Option<int>("--replicas") { Description = "how many pods", DefaultValueFactory = _ => 1, HelpName = "COUNT" };
        var port = new Option<int?>("--port") { Description = "the port its container listens on", HelpName = "PORT" };
        var words = Words();
        var dryRun = DryRun.Option();
        var command = new Command(
            "deployment",
            """
            create a Deployment: so many pods of an image, replaced one after the other when it changes

              insula create deployment web --image nginx --replicas 3 --port 80
              insula create deployment idle --image busybox -- sleep 1000000
            """)
        {
            name, images, replicas, port, dryRun, words,
        };
        command.Aliases.Add("deploy");
        command.SetAction(async (parsed, ct) =>
        {
            var labels = new JsonObject { ["app"] = parsed.GetValue(name) };
            var containers = Containers(parsed.GetValue(images)!, parsed.GetValue(words));
            if (parsed.GetValue(port) is { } number)
            {
                containers[0]!["ports"] = new JsonArray(new JsonObject { ["containerPort"] = number });
            }

            await SendAsync(parsed, "apps/v1", "Deployment", "deployments", parsed.GetValue(name)!, parsed.GetValue(dryRun), new JsonObject
            {
                ["replicas"] = parsed.GetValue(replicas),
                ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels.DeepClone() }, ["spec"] = new JsonObject { ["containers"] = containers } },
            }, labels, ct);
            return 0;
        });
        return command;
    }

    internal static Option<string[]> Images() => new("--image")
    {
        Description = "the image; several make several containers",
        AllowMultipleArgumentsPerToken = false,
        Required = true,
        HelpName = "IMAGE",
    };

    internal static Argument<string[]> Words() => new("command") { Description = "after --, the command to run instead of the image's", Arity = ArgumentArity.ZeroOrMore };

    internal static JsonArray Containers(string[] images, string[]? command)
    {
        if (images.Length > 1 && command is { Length: > 0 })
        {
            throw new CommandException("a command is for one image");
        }

        var containers = new JsonArray();
        foreach (var image in images)
        {
            var container = new JsonObject { ["name"] = NameOf(image), ["image"] = image, ["imagePullPolicy"] = "IfNotPresent" };
            if (command is { Length: > 0 })
            {
                container["command"] = new JsonArray([.. command.Select(w => (JsonNode?)w)]);
            }

            containers.Add((JsonNode)container);
        }

        return containers;
    }

    internal static async Task SendAsync(
        ParseResult parsed, string version, string kind, string plural, string name, string? dryRun, JsonObject spec, JsonObject? labels, CancellationToken ct, JsonObject? annotations = null)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (labels is not null)
        {
            metadata["labels"] = labels;
        }

        if (annotations?.Count > 0)
        {
            metadata["annotations"] = annotations;
        }

        var dry = DryRun.Of(dryRun);
        using var client = parsed.Client();
        await client.SendAsync(
            HttpMethod.Post,
            $"/apis/{version}/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/{plural}{(dry ? "?dryRun=All" : "")}",
            ApiClient.Json(new JsonObject { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = metadata, ["spec"] = spec }), ct);
        await Console.Out.WriteLineAsync($"{kind.ToLowerInvariant()}/{name} created{(dry ? " (dry run)" : "")}");
    }

    /// <summary>The last part of an image's name, without tag and digest: nginx of example.com/web/nginx:1.27.</summary>
    private static string NameOf(string image)
    {
        var last = image.Split('@')[0].Split('/')[^1].Split(':')[0];
        return new string([.. last.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula run</c>: a pod of one container, from words.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "the pod's name" };
        var image = new Option<string>("--image") { Description = "its image", Required = true, HelpName = "IMAGE" };
        var env = new Option<string[]>("--env") { Description = "a variable; several by several of these", AllowMultipleArgumentsPerToken = false, HelpName = "NAME=VALUE" };
        var port = new Option<int?>("--port") { Description = "the port its container listens on", HelpName = "PORT" };
        var labels = new Option<string?>("--labels", "-l") { Description = "its labels (default: run=NAME)", HelpName = "A=B,C=D" };
        var restart = new Option<string>("--restart") { Description = "Always, OnFailure or Never", DefaultValueFactory = _ => "Always", HelpName = "POLICY" };
        restart.AcceptOnlyFromAmong("Always", "OnFailure", "Never");
        var dryRun = DryRun.Option();
        var words = new Argument<string[]>("arguments") { Description = "after --, the arguments of the image's program; with --command the command itself", Arity = ArgumentArity.ZeroOrMore };
        var whole = new Option<bool>("--command") { Description = "what comes after -- is the command, not only its arguments" };
        var command = new Command(
            "run",
            """
            run an image in a pod

              insula run web --image nginx --port 80
              insula run once --image busybox --restart Never -- echo hello
              insula run idle --image busybox --env A=b --command -- sleep 1000000
            """)
        {
            name, image, env, port, labels, restart, whole, dryRun, words,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var pod = parsed.GetValue(name)!;
            var container = new JsonObject { ["name"] = pod, ["image"] = parsed.GetValue(image) };
            if (parsed.GetValue(words) is { Length: > 0 } given)
            {
                container[parsed.GetValue(whole) ? "command" : "args"] = new JsonArray([.. given.Select(w => (JsonNode?)w)]);
            }

            if (parsed.GetValue(env) is { Length: > 0 } variables)
            {
                container["env"] = new JsonArray([.. variables.Select(v => (JsonNode)Pair(v, "--env"))]);
            }

            if (parsed.GetValue(port) is { } number)
            {
                container["ports"] = new JsonArray(new JsonObject { ["containerPort"] = number });
            }

            var own = new JsonObject();
            foreach (var label in (parsed.GetValue(labels) ?? $"run={pod}").Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var pair = Pair(label, "--labels");
                own[(string)pair["name"]!] = (string?)pair["value"];
            }

            var dry = DryRun.Of(parsed.GetValue(dryRun));
            using var client = parsed.Client();
            await client.SendAsync(
                HttpMethod.Post, $"/api/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/pods{(dry ? "?dryRun=All" : "")}",
                ApiClient.Json(new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Pod",
                    ["metadata"] = new JsonObject { ["name"] = pod, ["labels"] = own },
                    ["spec"] = new JsonObject { ["containers"] = new JsonArray(container), ["restartPolicy"] = parsed.GetValue(restart) },
                }),
                ct);
            await Console.Out.WriteLineAsync($"pod/{pod} created{(dry ? " (dry run)" : "")}");
            return 0;
        });
        return command;
    }

    private static JsonObject Pair(string text, string option) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? new JsonObject { ["name"] = text[..at], ["value"] = text[(at + 1)..] }
        : throw new CommandException($"{option}: \"{text}\" is not NAME=VALUE");
}

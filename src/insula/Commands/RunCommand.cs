using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula run</c>: a pod of one container, from words.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "the pod's name; without --image its image, and the name is made from that" };
        var image = new Option<string?>("--image") { Description = "its image", HelpName = "IMAGE" };
        var env = new Option<string[]>("--env") { Description = "a variable; several by several of these", AllowMultipleArgumentsPerToken = false, HelpName = "NAME=VALUE" };
        var port = new Option<int?>("--port") { Description = "the port its container listens on", HelpName = "PORT" };
        var labels = new Option<string?>("--labels", "-l") { Description = "its labels (default: run=NAME)", HelpName = "A=B,C=D" };
        var restart = new Option<string?>("--restart") { Description = "Always, OnFailure or Never (default: Always, and Never if it is attached to)", HelpName = "POLICY" };
        restart.AcceptOnlyFromAmong("Always", "OnFailure", "Never");
        var stdin = new Option<bool>("--stdin", "-i") { Description = "give the container an input, and pass ours on to it; implies --attach" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give the container a terminal; with -i" };
        var attach = new Option<bool>("--attach") { Description = "wait for its start, show what it writes, and end with its exit code" };
        var open = new Option<bool>("--leave-stdin-open") { Description = "the end of our input is not the end of its" };
        var remove = new Option<bool>("--rm") { Description = "delete the pod when it was attached to and that is over" };
        var limit = new Option<string>("--pod-running-timeout") { Description = "how long its start may take before attaching is given up", DefaultValueFactory = _ => "1m", HelpName = "DURATION" };
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
              insula run -it --rm busybox -- sh                       a shell, and nothing of it is left
              tar c . | insula run -i --rm busybox -- wc -c           ends with the container's exit code
            """)
        {
            name, image, stdin, tty, attach, open, remove, limit, env, port, labels, restart, whole, dryRun, words,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var (isInteractive, wantsTerminal) = (parsed.GetValue(stdin), parsed.GetValue(tty));
            var isAttached = isInteractive || parsed.GetValue(attach);
            if (wantsTerminal && !isInteractive)
            {
                throw new CommandException("-t takes -i: a terminal is there to be typed at");
            }

            if (parsed.GetValue(remove) && !isAttached)
            {
                throw new CommandException("--rm takes -i or --attach: otherwise nobody waits for the pod's end");
            }

            wantsTerminal = wantsTerminal && RawTerminal.IsThere();
            var (given, imageGiven) = (parsed.GetValue(name)!, parsed.GetValue(image));
            var pod = imageGiven is null ? NameOf(given) : given;
            var container = new JsonObject { ["name"] = pod, ["image"] = imageGiven ?? given };
            if (isInteractive)
            {
                container["stdin"] = true;
                container["stdinOnce"] = !parsed.GetValue(open);
                container["tty"] = wantsTerminal;
            }

            if (parsed.GetValue(words) is { Length: > 0 } arguments)
            {
                container[parsed.GetValue(whole) ? "command" : "args"] = new JsonArray([.. arguments.Select(w => (JsonNode?)w)]);
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
            var metadata = new JsonObject { [imageGiven is null ? "generateName" : "name"] = imageGiven is null ? $"{pod}-" : pod, ["labels"] = own };
            var made = await client.SendAsync(
                HttpMethod.Post, $"/api/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/pods{(dry ? "?dryRun=All" : "")}",
                ApiClient.Json(new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Pod",
                    ["metadata"] = metadata,
                    ["spec"] = new JsonObject { ["containers"] = new JsonArray(container), ["restartPolicy"] = parsed.GetValue(restart) ?? (isAttached ? "Never" : "Always") },
                }),
                ct);
            var created = (string)made["metadata"]!["name"]!;
            if (!isAttached || dry)
            {
                await Console.Out.WriteLineAsync($"pod/{created} created{(dry ? " (dry run)" : "")}");
                return 0;
            }

            var target = (await Targets.ResolveAsync(client, [$"pod/{created}"], parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))[0];
            var run = new AttachedRun(pod, isInteractive, wantsTerminal, parsed.GetValue(remove), Durations.Parse(parsed.GetValue(limit)!, "--pod-running-timeout"));
            return await run.FollowAsync(client, target, ct);
        });
        return command;
    }

    // A name for what comes of registry.example.org:5000/team/Some_App:1.2@sha256:…
    private static string NameOf(string image)
    {
        var last = image[(image.LastIndexOf('/') + 1)..].Split('@')[0].Split(':')[0];
        var name = new string([.. last.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')]).Trim('-');
        return name.Length is 0 or > 40 ? throw new CommandException($"\"{image}\": no name can be made from that; write NAME --image {image}") : name;
    }

    internal static JsonObject Pair(string text, string option) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? new JsonObject { ["name"] = text[..at], ["value"] = text[(at + 1)..] }
        : throw new CommandException($"{option}: \"{text}\" is not NAME=VALUE");
}

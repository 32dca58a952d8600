using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula debug</c>: an ephemeral container in a pod that runs, with the tools that its images lack.</summary>
internal static class DebugCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service" }.TakesPod();
        var image = new Option<string>("--image") { Description = "the image with the tools", Required = true, HelpName = "IMAGE" };
        var container = new Option<string?>("--container", "-c") { Description = "the ephemeral container's name (default: one is made)", HelpName = "NAME" };
        var of = new Option<string?>("--target") { Description = "the container whose processes it sees, and with which it ends", HelpName = "NAME" };
        var stdin = new Option<bool>("--stdin", "-i") { Description = "give it an input, and pass ours on to it; implies --attach" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give it a terminal; with -i" };
        var attach = new Option<bool>("--attach") { Description = "wait for its start, show what it writes, and end with its exit code" };
        var env = new Option<string[]>("--env") { Description = "a variable; several by several of these", AllowMultipleArgumentsPerToken = false, HelpName = "NAME=VALUE" };
        var whole = new Option<bool>("--arguments-only") { Description = "what comes after -- are arguments of the image's program, not the command" };
        var profile = new Option<string>("--profile")
        {
            Description = "what it may: baseline, as any container; restricted, less; general, trace processes; netadmin, change the pod's network; sysadmin, all",
            DefaultValueFactory = _ => "baseline",
            HelpName = "PROFILE",
        };
        profile.AcceptOnlyFromAmong("baseline", "restricted", "general", "netadmin", "sysadmin");
        var limit = new Option<string>("--pod-running-timeout") { Description = "how long its start may take before attaching is given up", DefaultValueFactory = _ => "1m", HelpName = "DURATION" };
        var words = new Argument<string[]>("command") { Description = "after --, the command", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(
            "debug",
            """
            look around in a pod with tools that its images lack, by a container that is added to it

              insula debug -it web --image busybox               a shell in its network
              insula debug -it web --image tools --target app    that sees the processes of a container, too
              insula debug -it web --image busybox --profile netadmin -- ip link

            It stays in the pod's list, as one that has ended, until the pod is deleted; it is never started again. It sees the processes of
            the container named by --target, or of all if the pod's shareProcessNamespace is true.
            """)
        {
            pod, image, container, of, stdin, tty, attach, env, whole, profile, limit, words,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var (isInteractive, wantsTerminal) = (parsed.GetValue(stdin), parsed.GetValue(tty));
            if (wantsTerminal && !isInteractive)
            {
                throw new CommandException("-t takes -i: a terminal is there to be typed at");
            }

            wantsTerminal = wantsTerminal && RawTerminal.IsThere();
            var name = parsed.GetValue(container) ?? $"debugger-{RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5)}";
            var added = new JsonObject { ["name"] = name, ["image"] = parsed.GetValue(image), ["stdin"] = isInteractive, ["tty"] = wantsTerminal };
            if (parsed.GetValue(of) is { } whose)
            {
                added["targetContainerName"] = whose;
            }

            if (parsed.GetValue(words) is { Length: > 0 } given)
            {
                added[parsed.GetValue(whole) ? "args" : "command"] = new JsonArray([.. given.Select(w => (JsonNode?)w)]);
            }

            if (parsed.GetValue(env) is { Length: > 0 } variables)
            {
                added["env"] = new JsonArray([.. variables.Select(v => (JsonNode)RunCommand.Pair(v, "--env"))]);
            }

            if (Rights(parsed.GetValue(profile)!) is { } rights)
            {
                added["securityContext"] = rights;
            }

            using var client = parsed.Client();
            var found = await PodName.FindAsync(client, parsed.NamespaceName(), parsed.GetValue(pod)!, ct);
            var target = (await Targets.ResolveAsync(client, [$"pod/{found}"], parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))[0];
            await client.SendAsync(
                HttpMethod.Patch, $"{target.Path}/ephemeralcontainers",
                ApiClient.Json(new JsonObject { ["spec"] = new JsonObject { ["ephemeralContainers"] = new JsonArray(added) } }, "application/strategic-merge-patch+json"), ct);
            if (!isInteractive && !parsed.GetValue(attach))
            {
                await Console.Out.WriteLineAsync($"{target.Reference} has the container {name}");
                return 0;
            }

            if (parsed.GetValue(container) is null)
            {
                await Console.Error.WriteLineAsync($"Defaulting debug container name to {name}.");
            }

            return await new AttachedRun(name, isInteractive, wantsTerminal, Remove: false, Durations.Parse(parsed.GetValue(limit)!, "--pod-running-timeout")).FollowAsync(client, target, ct);
        });
        return command;
    }

    // kubectl's profiles, as far as they are about the container that is added.
    private static JsonObject? Rights(string profile) => profile switch
    {
        "general" => new JsonObject { ["capabilities"] = new JsonObject { ["add"] = new JsonArray("SYS_PTRACE") } },
        "netadmin" => new JsonObject { ["capabilities"] = new JsonObject { ["add"] = new JsonArray("NET_ADMIN", "NET_RAW") } },
        "sysadmin" => new JsonObject { ["privileged"] = true },
        "restricted" => new JsonObject
        {
            ["runAsNonRoot"] = true,
            ["allowPrivilegeEscalation"] = false,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
        _ => null,
    };
}

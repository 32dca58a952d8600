using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula rollout</c>: an update of a workload followed, held, gone on with, done again, or undone.</summary>
internal static class RolloutCommand
{
    public static Command Create() => new(
        "rollout",
        """
        follow, hold and undo the updates of workloads

          insula rollout status deployment/web          wait until the update is done
          insula rollout history deployment/web         the templates there were
          insula rollout undo deployment/web            back to the one before
          insula rollout undo sts/db --to-revision 2
          insula rollout restart deployment/web         the same template, new pods
          insula rollout pause deployment/web           hold it; resume goes on
        """)
    {
        Status(), RolloutHistory.Create(), RolloutHistory.Undo(), Restart(), Pause(pause: true), Pause(pause: false),
    };

    internal static Argument<string[]> What() =>
        new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();

    internal static Task<IReadOnlyList<ObjectTarget>> TargetsAsync(ApiClient client, ParseResult parsed, Argument<string[]> what, CancellationToken ct) =>
        Targets.ResolveAsync(client, parsed.GetValue(what)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct);

    private static Command Status()
    {
        var what = What();
        var timeout = new Option<string?>("--timeout") { Description = "how long at most: 30s, 2m", HelpName = "DURATION" };
        var watch = new Option<bool>("--watch", "-w") { Description = "wait until it is done; false says how it is now", DefaultValueFactory = _ => true };
        var command = new Command("status", "wait until an update is done, or has failed") { what, watch, timeout };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            if (parsed.GetValue(timeout) is { } limit)
            {
                deadline.CancelAfter(Durations.Parse(limit, "--timeout"));
            }

            foreach (var target in await TargetsAsync(client, parsed, what, ct))
            {
                try
                {
                    await FollowAsync(client, target, parsed.GetValue(watch), deadline.Token);
                }
                catch (OperationCanceledException) when (!ct.IsCancellationRequested)
                {
                    throw new CommandException($"timed out waiting for {target.Reference}; `insula describe {target.Type.Singular} {target.Name}` says why");
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task FollowAsync(ApiClient client, ObjectTarget target, bool watch, CancellationToken ct)
    {
        string? said = null;
        while (true)
        {
            var (current, since) = await target.LookAsync(client, ct);
            if (await SayAsync(current ?? throw new CommandException($"{target.Reference} does not exist in namespace {target.Namespace}")) || !watch)
            {
                return;
            }

            await foreach (var change in client.WatchAsync(target.WatchPath(since), null, ct))
            {
                if ((string?)change["type"] == "DELETED")
                {
                    throw new CommandException($"{target.Reference} was deleted");
                }

                if (change["object"] is JsonObject seen && await SayAsync(seen))
                {
                    return;
                }
            }
        }

        async Task<bool> SayAsync(JsonObject document)
        {
            var (text, done) = RolloutStatus.Of(target.Type.Kind, target.Reference, document);
            if (text != said)
            {
                await Console.Out.WriteLineAsync(text);
                said = text;
            }

            return done;
        }
    }

    private static Command Restart()
    {
        var what = What();
        var command = new Command("restart", "replace all pods by new ones of the same template") { what };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await TargetsAsync(client, parsed, what, ct))
            {
                RolloutStatus.Require(target, "Deployment", "DaemonSet", "StatefulSet");
                if (target.Type.Kind == "Deployment" && (bool?)(await client.GetAsync(target.Path, ct))["spec"]?["paused"] == true)
                {
                    throw new CommandException($"{target.Reference} is paused: `insula rollout resume {target.Reference}` first");
                }

                var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
                var patch = new JsonObject
                {
                    ["spec"] = new JsonObject
                    {
                        ["template"] = new JsonObject
                        {
                            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Api.Workloads.WorkloadLabels.RestartedAt] = now } },
                        },
                    },
                };
                await client.SendAsync(HttpMethod.Patch, target.Path, ApiClient.Json(patch, "application/merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} restarted");
            }

            return 0;
        });
        return command;
    }

    private static Command Pause(bool pause)
    {
        var what = What();
        var command = new Command(
            pause ? "pause" : "resume", pause ? "hold an update; further changes of the template wait too" : "go on with an update that was held") { what };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await TargetsAsync(client, parsed, what, ct))
            {
                RolloutStatus.Require(target, "Deployment");
                if (((bool?)(await client.GetAsync(target.Path, ct))["spec"]?["paused"] ?? false) == pause)
                {
                    throw new CommandException($"{target.Reference} is {(pause ? "already" : "not")} paused");
                }

                var patch = new JsonObject { ["spec"] = new JsonObject { ["paused"] = pause ? true : null } };
                await client.SendAsync(HttpMethod.Patch, target.Path, ApiClient.Json(patch, "application/merge-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} {(pause ? "paused" : "resumed")}");
            }

            return 0;
        });
        return command;
    }
}

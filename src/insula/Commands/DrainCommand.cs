using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula drain</c>: closes the machine and ends its pods, each within its grace.</summary>
internal static class DrainCommand
{
    private const int TooManyRequests = 429;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var name = CordonCommand.Node();
        var options = new
        {
            IgnoreDaemonSets = new Option<bool>("--ignore-daemonsets") { Description = "leave DaemonSets' pods: they would be made again at once" },
            DeleteEmptyDir = new Option<bool>("--delete-emptydir-data") { Description = "also pods with emptyDir volumes, whose data goes with them" },
            Force = new Option<bool>("--force") { Description = "also pods that nobody makes again" },
            Grace = new Option<long?>("--grace-period") { Description = "seconds between the stop signal and the kill; default each pod's own", HelpName = "SECONDS" },
            Timeout = new Option<string?>("--timeout") { Description = "how long to wait for their end, as 30s or 2m; default without end", HelpName = "DURATION" },
            Disable = new Option<bool>("--disable-eviction") { Description = "delete pods, whatever their PodDisruptionBudgets say" },
            Pods = new Option<string?>("--pod-selector") { Description = "only pods with these labels", HelpName = "LABELS" },
        };
        var dryRun = DryRun.Option();
        var command = new Command(
            "drain",
            """
            let the machine take no further pods, and end those it has, for its maintenance

            Pods of workloads are made again and wait until `insula uncordon`. Static pods stay. What a
            PodDisruptionBudget keeps is tried again every five seconds; since there is one machine,
            successors do not become ready meanwhile, and --disable-eviction may be needed.

              insula drain --ignore-daemonsets --delete-emptydir-data
              insula uncordon
            """)
        {
            name, options.IgnoreDaemonSets, options.DeleteEmptyDir, options.Force, options.Grace, options.Timeout, options.Pods, options.Disable, dryRun,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var timeout = parsed.GetValue(options.Timeout) is { } text && text is not "0" ? Durations.Parse(text, "--timeout") : (TimeSpan?)null;
            var dry = DryRun.Of(parsed.GetValue(dryRun));
            var node = await CordonCommand.FindAsync(client, parsed.GetValue(name), ct);
            await CordonCommand.SetAsync(client, node, closed: true, dry, ct);
            var query = parsed.GetValue(options.Pods) is { } selector ? $"?labelSelector={Uri.EscapeDataString(selector)}" : "";
            var pods = (await client.GetAsync($"/api/v1/pods{query}", ct))["items"]!.AsArray().OfType<JsonObject>();
            var plan = DrainPlan.Of(pods, parsed.GetValue(options.IgnoreDaemonSets), parsed.GetValue(options.DeleteEmptyDir), parsed.GetValue(options.Force));
            if (plan.Obstacles.Count > 0)
            {
                throw new CommandException(
                    $"unable to drain node \"{CordonCommand.Name(node)}\": {string.Join(", ", plan.Obstacles)}; nothing was ended, and the machine stays closed until `insula uncordon`");
            }

            foreach (var warning in plan.Warnings)
            {
                await Console.Error.WriteLineAsync($"Warning: {Output.Printable.Text(warning)}");
            }

            await EndAsync(client, plan.Pods, dry, parsed.GetValue(options.Grace), timeout, parsed.GetValue(options.Disable), ct);
            await Console.Out.WriteLineAsync($"node/{CordonCommand.Name(node)} drained{(dry ? " (server dry run)" : "")}");
            return 0;
        });
        return command;
    }

    // All are told first, so that they end side by side. Who is kept is tried again until the time is over.
    private static async Task EndAsync(ApiClient client, IReadOnlyList<JsonObject> pods, bool dry, long? grace, TimeSpan? timeout, bool deletes, CancellationToken ct)
    {
        var type = await Discovery.FindAsync(client, "pods", ct);
        var clock = Stopwatch.StartNew();
        var ending = new List<(ObjectTarget Target, string? Uid)>();
        var left = new List<(ObjectTarget Target, string? Uid)>();
        foreach (var pod in pods)
        {
            var (ns, name, uid) = ((string)pod["metadata"]!["namespace"]!, (string)pod["metadata"]!["name"]!, (string?)pod["metadata"]!["uid"]);
            await Console.Out.WriteLineAsync($"evicting pod {ns}/{name}{(dry ? " (server dry run)" : "")}");
            if (!dry)
            {
                // With the uid: a StatefulSet's next pod has the same name, and waits already.
                left.Add((new ObjectTarget(type, ns, name, []), uid));
            }
        }

        while (left.Count > 0)
        {
            var kept = new List<(ObjectTarget Target, string? Uid)>();
            foreach (var (target, uid) in left)
            {
                var options = new DeleteOptions(grace, Wait: false, null, IgnoreMissing: true) { Uid = uid };
                try
                {
                    if (deletes ? await Deletion.DeleteAsync(client, target, options, ct) : await Deletion.EvictAsync(client, target, options, ct))
                    {
                        ending.Add((target, uid));
                    }
                }
                catch (CommandException e) when (e.Code == TooManyRequests)
                {
                    kept.Add((target, uid));
                    await Console.Error.WriteLineAsync(
                        $"error when evicting pods/{Output.Printable.Text(target.Name)} -n {Output.Printable.Text(target.Namespace ?? "")} (will retry after 5s): {Output.Printable.Text(e.Message)}");
                }
            }

            left = kept;
            if (left.Count > 0)
            {
                if (timeout is { } limit && clock.Elapsed + s_pause > limit)
                {
                    throw new CommandException(
                        $"drain did not complete within {limit.TotalSeconds:0} s: {string.Join(", ", left.Select(l => l.Target.Reference))} kept by disruption budgets; --disable-eviction deletes them all the same");
                }

                await Task.Delay(s_pause, ct);
            }
        }

        foreach (var (target, uid) in ending)
        {
            await Deletion.WaitUntilGoneAsync(client, target, timeout, ct, uid);
            await Console.Out.WriteLineAsync($"{target.Reference} evicted");
        }
    }
}

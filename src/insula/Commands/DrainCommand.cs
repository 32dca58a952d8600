using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula drain</c>: closes the machine and ends its pods, each within its grace.</summary>
internal static class DrainCommand
{
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
            Pods = new Option<string?>("--pod-selector") { Description = "only pods with these labels", HelpName = "LABELS" },
        };
        var dryRun = DryRun.Option();
        var command = new Command(
            "drain",
            """
            let the machine take no further pods, and end those it has, for its maintenance

            Pods of workloads are made again and wait until `insula uncordon`. Static pods stay.

              insula drain --ignore-daemonsets --delete-emptydir-data
              insula uncordon
            """)
        {
            name, options.IgnoreDaemonSets, options.DeleteEmptyDir, options.Force, options.Grace, options.Timeout, options.Pods, dryRun,
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

            await EndAsync(client, plan.Pods, dry, parsed.GetValue(options.Grace), timeout, ct);
            await Console.Out.WriteLineAsync($"node/{CordonCommand.Name(node)} drained{(dry ? " (server dry run)" : "")}");
            return 0;
        });
        return command;
    }

    // All are told first, so that they end side by side.
    private static async Task EndAsync(ApiClient client, IReadOnlyList<JsonObject> pods, bool dry, long? grace, TimeSpan? timeout, CancellationToken ct)
    {
        var type = await Discovery.FindAsync(client, "pods", ct);
        var ending = new List<(ObjectTarget Target, string? Uid)>();
        foreach (var pod in pods)
        {
            var (ns, name, uid) = ((string)pod["metadata"]!["namespace"]!, (string)pod["metadata"]!["name"]!, (string?)pod["metadata"]!["uid"]);
            await Console.Out.WriteLineAsync($"evicting pod {ns}/{name}{(dry ? " (server dry run)" : "")}");
            if (dry)
            {
                continue;
            }

            // With the uid: a StatefulSet's next pod has the same name, and waits already.
            var target = new ObjectTarget(type, ns, name, []);
            if (await Deletion.DeleteAsync(client, target, new DeleteOptions(grace, Wait: false, null, IgnoreMissing: true) { Uid = uid }, ct))
            {
                ending.Add((target, uid));
            }
        }

        foreach (var (target, uid) in ending)
        {
            await Deletion.WaitUntilGoneAsync(client, target, timeout, ct, uid);
            await Console.Out.WriteLineAsync($"{target.Reference} evicted");
        }
    }
}

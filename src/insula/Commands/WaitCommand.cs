using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula wait</c>: returns when objects have come to a condition, by event.</summary>
internal static class WaitCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what") { Description = "KIND NAME…, KIND/NAME…, or KIND with --all or -l", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var condition = new Option<string>("--for")
        {
            Description = "condition=Ready, condition=Ready=False, delete, create, or jsonpath='{.status.phase}'=Running",
            Required = true,
            HelpName = "CONDITION",
        };
        var timeout = new Option<string>("--timeout") { Description = "how long: 30s, 2m", DefaultValueFactory = _ => "30s", HelpName = "DURATION" };
        var selector = Common.Selector();
        var all = new Option<bool>("--all") { Description = "all objects of the kind in the namespace" };
        var allNamespaces = Common.AllNamespaces();
        var command = new Command("wait", "wait until objects have come to a condition") { what, condition, timeout, selector, all, allNamespaces };
        command.SetAction(async (parsed, ct) =>
        {
            var wanted = WaitCondition.Parse(parsed.GetValue(condition)!);
            var limit = Durations.Parse(parsed.GetValue(timeout)!, "--timeout");
            using var client = parsed.Client();
            var targets = await Targets.ResolveAsync(
                client, parsed.GetValue(what)!, parsed.NamespaceName(), parsed.GetValue(selector),
                parsed.GetValue(all), parsed.GetValue(allNamespaces), ct);
            if (targets.Count == 0)
            {
                throw new CommandException("no matching objects");
            }

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(limit);
            foreach (var target in targets)
            {
                try
                {
                    await WaitForAsync(client, target, wanted, deadline.Token);
                }
                catch (OperationCanceledException) when (!ct.IsCancellationRequested)
                {
                    throw new CommandException(
                        $"timed out waiting for {wanted.Text} of {target.Reference}; `insula describe {target.Type.Singular} {target.Name}` says why");
                }

                await Console.Out.WriteLineAsync($"{target.Reference} {(wanted.IsDelete ? "deleted" : "condition met")}");
            }

            return 0;
        });
        return command;
    }

    private static async Task WaitForAsync(ApiClient client, ObjectTarget target, WaitCondition wanted, CancellationToken ct)
    {
        while (true)
        {
            var (current, since) = await target.LookAsync(client, ct);
            if (current is null && !wanted.IsDelete && !wanted.IsCreate)
            {
                throw new CommandException($"{target.Reference} does not exist in namespace {target.Namespace}") { Code = 404 };
            }

            if (wanted.Met(current))
            {
                return;
            }

            await foreach (var change in client.WatchAsync(target.WatchPath(since), null, ct))
            {
                var seen = (string?)change["type"] == "DELETED" ? null : change["object"] as JsonObject;
                if (wanted.Met(seen))
                {
                    return;
                }

                if (seen is null && !wanted.IsCreate)
                {
                    throw new CommandException($"{target.Reference} was deleted while waiting for {wanted.Text}");
                }
            }
        }
    }
}

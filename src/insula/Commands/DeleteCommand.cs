using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula delete</c>: by name, by manifest, by label, or all of a kind.</summary>
internal static class DeleteCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what")
        {
            Description = "KIND NAME…, KIND/NAME…, or KIND with --all or -l",
            Arity = ArgumentArity.ZeroOrMore,
        }.TakesKindsAndNames();
        var files = Common.Files();
        var recursive = Common.Recursive();
        var selector = Common.Selector();
        var all = new Option<bool>("--all") { Description = "all objects of the kind in the namespace" };
        var allNamespaces = Common.AllNamespaces();
        var grace = new Option<long?>("--grace-period")
        {
            Description = "seconds between the stop signal and the kill; 0 kills at once",
            HelpName = "SECONDS",
        };
        var now = new Option<bool>("--now") { Description = "the same as --grace-period 1" };
        var force = new Option<bool>("--force") { Description = "the same as --grace-period 0" };
        var wait = new Option<bool>("--wait")
        {
            Description = "return when the objects are gone",
            DefaultValueFactory = _ => true,
        };
        var timeout = new Option<string?>("--timeout") { Description = "how long to wait, as 30s or 2m", HelpName = "DURATION" };
        var ignore = new Option<bool>("--ignore-not-found") { Description = "an object that does not exist is no error" };
        var cascade = new Option<string>("--cascade")
        {
            Description = "what becomes of what it owns, as a Deployment its pods: background, it goes after it; foreground, before it; orphan, it stays",
            DefaultValueFactory = _ => "background",
            HelpName = "background|foreground|orphan",
        };
        cascade.CompletionSources.Add("background", "foreground", "orphan");
        var command = new Command("delete", "delete objects: pods end within their grace period, and with a workload what it made")
        {
            what, files, recursive, selector, all, allNamespaces, cascade, grace, now, force, wait, timeout, ignore,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var options = new DeleteOptions(
                parsed.GetValue(force) ? 0 : parsed.GetValue(now) ? 1 : parsed.GetValue(grace),
                Wait: false,
                parsed.GetValue(timeout) is { } text ? Durations.Parse(text, "--timeout") : null,
                parsed.GetValue(ignore),
                parsed.GetValue(cascade) switch
                {
                    "background" or "true" => "Background",
                    "foreground" => "Foreground",
                    "orphan" or "false" => "Orphan",
                    var other => throw new CommandException($"--cascade={other}: must be background, foreground or orphan"),
                });
            IReadOnlyList<ObjectTarget> targets;
            if (parsed.GetValue(files) is { Length: > 0 } given)
            {
                var documents = await ManifestFiles.ReadAsync(given, parsed.GetValue(recursive), ct, strict: false);

                // Namespaces last: one takes along what is in it, and that would then be missing.
                targets = [.. documents.Select(d => ObjectTarget.Of(d, parsed.NamespaceName())).OrderBy(t => t.Type.Kind == "Namespace")];
            }
            else
            {
                targets = await Targets.ResolveAsync(
                    client, parsed.GetValue(what)!, parsed.NamespaceName(), parsed.GetValue(selector),
                    parsed.GetValue(all), parsed.GetValue(allNamespaces), ct);
            }

            if (targets.Count == 0)
            {
                await Console.Out.WriteLineAsync("No resources found");
                return 0;
            }

            // All are told first, so that they end side by side; then each is waited for.
            var deleted = new List<ObjectTarget>();
            var failed = false;
            foreach (var target in targets)
            {
                try
                {
                    if (await Deletion.DeleteAsync(client, target, options, ct))
                    {
                        deleted.Add(target);
                    }
                }
                catch (CommandException e) when (e.Code != 0)
                {
                    // The daemon refuses this one; that says nothing of the others.
                    await Console.Error.WriteLineAsync($"error: {Output.Printable.Text(e.Message)}");
                    failed = true;
                }
            }

            foreach (var target in deleted)
            {
                if (parsed.GetValue(wait))
                {
                    await Deletion.WaitUntilGoneAsync(client, target, options.Timeout, ct);
                }

                await Console.Out.WriteLineAsync($"{target.Reference} deleted");
            }

            return failed ? 1 : 0;
        });
        return command;
    }
}

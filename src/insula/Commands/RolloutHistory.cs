using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula rollout history</c> and <c>undo</c>: the templates a workload had.</summary>
internal static class RolloutHistory
{
    public static Command Create()
    {
        var what = RolloutCommand.What();
        var revision = new Option<long?>("--revision") { Description = "show the template of one", HelpName = "NUMBER" };
        var command = new Command("history", "the templates that a Deployment, StatefulSet or DaemonSet had") { what, revision };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await RolloutCommand.TargetsAsync(client, parsed, what, ct))
            {
                var revisions = await RolloutRevision.ListAsync(client, target, await client.GetAsync(target.Path, ct), ct);
                if (parsed.GetValue(revision) is { } wanted)
                {
                    await Console.Out.WriteLineAsync($"{target.Reference} with revision #{wanted}");
                    YamlWriter.Write(Console.Out, Find(target, revisions, wanted).Template);
                    continue;
                }

                await Console.Out.WriteLineAsync(target.Reference);
                var table = new TextTable("REVISION", "CHANGE-CAUSE");
                foreach (var one in revisions)
                {
                    table.Add(one.Number.ToString(CultureInfo.InvariantCulture), one.Cause ?? "<none>");
                }

                table.WriteTo(Console.Out);
            }

            return 0;
        });
        return command;
    }

    public static Command Undo()
    {
        var what = RolloutCommand.What();
        var revision = new Option<long>("--to-revision") { Description = "which one; 0 for the one before", DefaultValueFactory = _ => 0, HelpName = "NUMBER" };
        var dryRun = DryRun.Option();
        var command = new Command("undo", "go back to an earlier template") { what, revision, dryRun };
        command.SetAction(async (parsed, ct) =>
        {
            var dry = DryRun.Of(parsed.GetValue(dryRun));
            using var client = parsed.Client();
            foreach (var target in await RolloutCommand.TargetsAsync(client, parsed, what, ct))
            {
                var workload = await client.GetAsync(target.Path, ct);
                if ((bool?)workload["spec"]?["paused"] == true)
                {
                    throw new CommandException($"{target.Reference} is paused: `insula rollout resume {target.Reference}` first, and try again");
                }

                var revisions = await RolloutRevision.ListAsync(client, target, workload, ct);
                var wanted = parsed.GetValue(revision);
                var one = wanted < 0 ? throw new CommandException("--to-revision: must be a revision's number, or 0 for the one before")
                    : wanted > 0 ? Find(target, revisions, wanted)
                    : revisions.Count > 1 ? revisions[^2] : throw new CommandException($"{target.Reference}: no rollout history found");
                if (JsonNode.DeepEquals(one.Template, workload["spec"]?["template"]))
                {
                    await Console.Out.WriteLineAsync($"{target.Reference} skipped rollback (current template already matches revision {one.Number})");
                    continue;
                }

                // The whole template, not a merge: what the present one has and the earlier one had not, goes.
                var patch = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = one.Template.DeepClone() });
                await client.SendAsync(HttpMethod.Patch, target.Path + (dry ? "?dryRun=All" : ""), ApiClient.Json(patch, "application/json-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} rolled back{(dry ? " (dry run)" : "")}");
            }

            return 0;
        });
        return command;
    }

    private static RolloutRevision Find(ObjectTarget target, IReadOnlyList<RolloutRevision> revisions, long number) =>
        revisions.FirstOrDefault(r => r.Number == number)
        ?? throw new CommandException($"{target.Reference} has no revision {number}; it has {string.Join(", ", revisions.Select(r => r.Number))}");
}

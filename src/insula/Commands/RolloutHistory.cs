using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Workloads;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula rollout history</c> and <c>undo</c>: the templates a Deployment had, each kept in a ReplicaSet.</summary>
internal static class RolloutHistory
{
    public static Command Create()
    {
        var what = RolloutCommand.What();
        var revision = new Option<long?>("--revision") { Description = "show the template of one", HelpName = "NUMBER" };
        var command = new Command("history", "the templates that a Deployment had") { what, revision };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var target in await RolloutCommand.TargetsAsync(client, parsed, what, ct))
            {
                var sets = await SetsAsync(client, target, await client.GetAsync(target.Path, ct), ct);
                if (parsed.GetValue(revision) is { } wanted)
                {
                    await Console.Out.WriteLineAsync($"{target.Reference} with revision #{wanted}");
                    YamlWriter.Write(Console.Out, Template(Find(target, sets, wanted)));
                    continue;
                }

                await Console.Out.WriteLineAsync(target.Reference);
                var table = new TextTable("REVISION", "CHANGE-CAUSE");
                foreach (var set in sets)
                {
                    table.Add(Revision(set).ToString(CultureInfo.InvariantCulture), Annotation(set, WorkloadLabels.ChangeCause) ?? "<none>");
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
                var deployment = await client.GetAsync(target.Path, ct);
                if ((bool?)deployment["spec"]?["paused"] == true)
                {
                    throw new CommandException($"{target.Reference} is paused: `insula rollout resume {target.Reference}` first, and try again");
                }

                var sets = await SetsAsync(client, target, deployment, ct);
                var wanted = parsed.GetValue(revision);
                var set = wanted > 0 ? Find(target, sets, wanted)
                    : sets.Count > 1 ? sets[^2] : throw new CommandException($"{target.Reference}: no rollout history found");
                var template = Template(set);
                if (JsonNode.DeepEquals(template, deployment["spec"]?["template"]))
                {
                    await Console.Out.WriteLineAsync($"{target.Reference} skipped rollback (current template already matches revision {Revision(set)})");
                    continue;
                }

                // The whole template, not a merge: what the present one has and the earlier one had not, goes.
                var patch = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = template });
                await client.SendAsync(HttpMethod.Patch, target.Path + (dry ? "?dryRun=All" : ""), ApiClient.Json(patch, "application/json-patch+json"), ct);
                await Console.Out.WriteLineAsync($"{target.Reference} rolled back{(dry ? " (dry run)" : "")}");
            }

            return 0;
        });
        return command;
    }

    /// <summary>The ReplicaSets of a Deployment that have a revision, the oldest first.</summary>
    private static async Task<IReadOnlyList<JsonObject>> SetsAsync(ApiClient client, ObjectTarget target, JsonObject deployment, CancellationToken ct)
    {
        RolloutStatus.Require(target, "Deployment");
        var uid = (string?)deployment["metadata"]?["uid"];
        var list = await client.GetAsync($"/apis/apps/v1/namespaces/{Uri.EscapeDataString(target.Namespace ?? "default")}/replicasets", ct);
        return
        [
            .. (list["items"] as JsonArray ?? []).OfType<JsonObject>()
                .Where(s => (s["metadata"]?["ownerReferences"] as JsonArray ?? []).Any(o => (string?)o?["uid"] == uid && (bool?)o?["controller"] == true))
                .Where(s => Revision(s) > 0)
                .OrderBy(Revision),
        ];
    }

    private static JsonObject Find(ObjectTarget target, IReadOnlyList<JsonObject> sets, long revision) =>
        sets.FirstOrDefault(s => Revision(s) == revision)
        ?? throw new CommandException($"{target.Reference} has no revision {revision}; it has {string.Join(", ", sets.Select(Revision))}");

    private static JsonObject Template(JsonObject set)
    {
        var template = set["spec"]!["template"]!.DeepClone().AsObject();
        (template["metadata"]?["labels"] as JsonObject)?.Remove(WorkloadLabels.TemplateHash);
        return template;
    }

    private static long Revision(JsonObject set) =>
        long.TryParse(Annotation(set, WorkloadLabels.Revision), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    private static string? Annotation(JsonObject set, string key) => (string?)set["metadata"]?["annotations"]?[key];
}

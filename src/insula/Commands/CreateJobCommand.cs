using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Api.Workloads;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create job</c> and <c>insula create cronjob</c>: from words, or a Job from a CronJob's template.</summary>
internal static class CreateJobCommand
{
    public static Command Job()
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var image = new Option<string?>("--image") { Description = "the image", HelpName = "IMAGE" };
        var from = new Option<string?>("--from") { Description = "take what a CronJob makes", HelpName = "cronjob/NAME" };
        var words = CreateWorkloadCommand.Words();
        var dryRun = DryRun.Option();
        var command = new Command(
            "job",
            """
            create a Job: a pod that runs to its end, and again when it fails

              insula create job backup --image busybox -- tar -czf /backup/all.tgz /data
              insula create job now --from cronjob/backup
            """)
        {
            name, image, from, dryRun, words,
        };
        command.SetAction(async (parsed, ct) =>
        {
            if ((parsed.GetValue(image) is null) == (parsed.GetValue(from) is null))
            {
                throw new CommandException("give either --image or --from");
            }

            if (parsed.GetValue(from) is { } source)
            {
                await FromAsync(parsed, source, parsed.GetValue(name)!, parsed.GetValue(dryRun), ct);
                return 0;
            }

            await CreateWorkloadCommand.SendAsync(
                parsed, "batch/v1", "Job", "jobs", parsed.GetValue(name)!, parsed.GetValue(dryRun), Spec(parsed.GetValue(image)!, parsed.GetValue(words), "Never"), null, ct);
            return 0;
        });
        return command;
    }

    public static Command CronJob()
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var image = new Option<string>("--image") { Description = "the image", Required = true, HelpName = "IMAGE" };
        var schedule = new Option<string>("--schedule")
        {
            Description = "minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly",
            Required = true,
            HelpName = "SCHEDULE",
        };
        var zone = new Option<string?>("--time-zone") { Description = "the zone of the schedule, as Europe/Berlin (default: the daemon's)", HelpName = "ZONE" };
        var restart = new Option<string>("--restart") { Description = "OnFailure or Never", DefaultValueFactory = _ => "OnFailure", HelpName = "POLICY" };
        var words = CreateWorkloadCommand.Words();
        var dryRun = DryRun.Option();
        var command = new Command(
            "cronjob",
            """
            create a CronJob: a Job at the times of a schedule

              insula create cronjob backup --image busybox --schedule "30 4 * * *" -- tar -czf /backup/all.tgz /data
              insula create cronjob report --image report --schedule @hourly --time-zone Europe/Berlin
            """)
        {
            name, image, schedule, zone, restart, dryRun, words,
        };
        command.Aliases.Add("cj");
        command.SetAction(async (parsed, ct) =>
        {
            var spec = new JsonObject
            {
                ["schedule"] = parsed.GetValue(schedule),
                ["jobTemplate"] = new JsonObject { ["spec"] = Spec(parsed.GetValue(image)!, parsed.GetValue(words), parsed.GetValue(restart)!) },
            };
            if (parsed.GetValue(zone) is { } given)
            {
                spec["timeZone"] = given;
            }

            await CreateWorkloadCommand.SendAsync(parsed, "batch/v1", "CronJob", "cronjobs", parsed.GetValue(name)!, parsed.GetValue(dryRun), spec, null, ct);
            return 0;
        });
        return command;
    }

    private static JsonObject Spec(string image, string[]? command, string restart) => new()
    {
        ["template"] = new JsonObject
        {
            ["spec"] = new JsonObject { ["restartPolicy"] = restart, ["containers"] = CreateWorkloadCommand.Containers([image], command) },
        },
    };

    private static async Task FromAsync(ParseResult parsed, string source, string name, string? dryRun, CancellationToken ct)
    {
        using var client = parsed.Client();
        var targets = await Targets.ResolveAsync(client, [source], parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct);
        if (targets is not [{ Type.Kind: "CronJob" } target])
        {
            throw new CommandException($"--from {source}: must be cronjob/NAME");
        }

        var cron = await client.GetAsync(target.Path, ct);
        var template = cron["spec"]!["jobTemplate"]!;
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["annotations"] = template["metadata"]?["annotations"]?.DeepClone() ?? new JsonObject(),
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "batch/v1",
                ["kind"] = "CronJob",
                ["name"] = target.Name,
                ["uid"] = cron["metadata"]!["uid"]!.DeepClone(),
                ["controller"] = true,
            }),
        };
        metadata["annotations"]![WorkloadLabels.Instantiate] = "manual";
        if (template["metadata"]?["labels"] is { } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }

        var dry = DryRun.Of(dryRun);
        await client.SendAsync(
            HttpMethod.Post,
            $"/apis/batch/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/jobs{(dry ? "?dryRun=All" : "")}",
            ApiClient.Json(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["metadata"] = metadata, ["spec"] = template["spec"]!.DeepClone() }), ct);
        await Console.Out.WriteLineAsync($"job/{name} created{(dry ? " (dry run)" : "")}");
    }
}

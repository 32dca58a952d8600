using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create</c>: objects that must not exist yet.</summary>
internal static class CreateCommand
{
    public static Command Create()
    {
        var files = Common.Files();
        files.Required = true;
        var recursive = Common.Recursive();
        var dryRun = DryRun.Option();
        var command = new Command("create", "create the objects of manifests, or one that the words describe; it is an error when one exists")
        {
            files, recursive, dryRun,
        };
        command.Subcommands.Add(CreateConfigCommand.ConfigMap());
        command.Subcommands.Add(CreateConfigCommand.Secret());
        command.Subcommands.Add(CreateNamespaceCommand.Create());
        command.Subcommands.Add(CreateIngressCommand.Create());
        command.Subcommands.Add(CreateWorkloadCommand.Deployment());
        command.Subcommands.Add(CreateJobCommand.Job());
        command.Subcommands.Add(CreateJobCommand.CronJob());
        command.SetAction(async (parsed, ct) =>
        {
            var query = DryRun.Of(parsed.GetValue(dryRun)) ? "?dryRun=All" : "";
            var documents = await ManifestFiles.ReadAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), ct);
            using var client = parsed.Client();
            foreach (var target in documents.Select(d => ObjectTarget.Of(d, parsed.NamespaceName(), nameNeeded: false)))
            {
                var created = await target.TryAsync(() => client.SendAsync(
                    HttpMethod.Post, target.CollectionPath + query, ApiClient.Json(target.Document), ct));
                await Console.Out.WriteLineAsync($"{target.Type.Singular}/{created["metadata"]?["name"]} created");
            }

            return 0;
        });
        return command;
    }
}

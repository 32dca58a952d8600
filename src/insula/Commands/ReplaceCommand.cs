using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula replace</c>: existing objects become what the manifests say; with --force, new ones.</summary>
internal static class ReplaceCommand
{
    public static Command Create()
    {
        var files = Common.Files();
        files.Required = true;
        var recursive = Common.Recursive();
        var force = new Option<bool>("--force")
        {
            Description = "delete the object, wait until it is gone, and create it anew: changes what may not change",
        };
        var dryRun = DryRun.Option();
        var command = new Command("replace", "replace objects by what the manifests say; they must exist")
        {
            files, recursive, force, dryRun,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var dry = DryRun.Of(parsed.GetValue(dryRun));
            if (dry && parsed.GetValue(force))
            {
                throw new CommandException("--force deletes, which a dry run cannot try: use one of them");
            }

            var documents = await ManifestFiles.ReadAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), ct);
            using var client = parsed.Client();
            foreach (var target in documents.Select(d => ObjectTarget.Of(d, parsed.NamespaceName())))
            {
                if (parsed.GetValue(force))
                {
                    // Checked first, so that a broken manifest does not cost the running object.
                    await target.TryAsync(() => client.SendAsync(
                        HttpMethod.Post, target.CollectionPath + "?dryRun=All", ApiClient.Json(WithoutName(target)), ct));
                    await Deletion.DeleteAsync(client, target, new DeleteOptions(null, Wait: true, null, IgnoreMissing: true), ct);
                    await target.TryAsync(() => client.SendAsync(
                        HttpMethod.Post, target.CollectionPath, ApiClient.Json(target.Document), ct));
                }
                else
                {
                    await target.TryAsync(() => client.SendAsync(
                        HttpMethod.Put, target.Path + (dry ? "?dryRun=All" : ""), ApiClient.Json(target.Document), ct));
                }

                await Console.Out.WriteLineAsync($"{target.Reference} replaced{(dry ? " (dry run)" : "")}");
            }

            return 0;
        });
        return command;
    }

    /// <summary>The same object under a generated name: its dry run does not meet the existing one.</summary>
    private static System.Text.Json.Nodes.JsonObject WithoutName(ObjectTarget target)
    {
        var copy = target.Document.DeepClone().AsObject();
        var metadata = copy["metadata"]!.AsObject();
        metadata["generateName"] = "insula-replace-check-";
        metadata.Remove("name");
        return copy;
    }
}

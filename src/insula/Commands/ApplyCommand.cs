using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula apply</c>: what the manifests say is created, or changed by a three-way merge.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var files = Common.Files();
        files.Required = true;
        var recursive = Common.Recursive();
        var dryRun = DryRun.Option();
        var command = new Command("apply", "create objects, or change them to what the manifests say")
        {
            files, recursive, dryRun,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var dry = DryRun.Of(parsed.GetValue(dryRun));
            var documents = await ManifestFiles.ReadAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), ct);
            using var client = parsed.Client();
            var targets = documents.Select(d => ObjectTarget.Of(d, parsed.NamespaceName())).ToList();

            // Every document is tried before the first is written: a refused one leaves nothing half done.
            if (targets.Count > 1)
            {
                foreach (var target in targets.Where(t => !targets.Any(n => n.CreatesNamespaceOf(t))))
                {
                    await ApplyOneAsync(client, target, dryRun: true, quiet: true, ct);
                }
            }

            foreach (var target in targets)
            {
                await ApplyOneAsync(client, target, dry, quiet: false, ct);
            }

            return 0;
        });
        return command;
    }

    private static async Task ApplyOneAsync(
        ApiClient client, ObjectTarget target, bool dryRun, bool quiet, CancellationToken ct)
    {
        var before = await client.FindAsync(target.Path, ct);
        var query = dryRun ? "?dryRun=All&fieldManager=insula" : "?fieldManager=insula";
        var after = await target.TryAsync(() => client.SendAsync(
            HttpMethod.Patch, target.Path + query, ApiClient.Json(target.Document, "application/apply-patch+yaml"), ct));
        var outcome = before is null ? "created"
            : (string?)before["metadata"]?["resourceVersion"] == (string?)after["metadata"]?["resourceVersion"] ? "unchanged"
            : "configured";
        if (!quiet)
        {
            await Console.Out.WriteLineAsync($"{target.Reference} {outcome}{(dryRun ? " (dry run)" : "")}");
        }
    }
}

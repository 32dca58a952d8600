using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula diff</c>: what an apply would change, told by a program that compares directories.</summary>
internal static class DiffCommand
{
    /// <summary>Exit codes are those of diff(1): 1 means that something differs, more that something failed.</summary>
    public const int Failed = 2;

    private static readonly string[] s_programs = ["INSULA_EXTERNAL_DIFF", "KUBECTL_EXTERNAL_DIFF"];

    public static Command Create()
    {
        var files = Common.Files();
        files.Required = true;
        var recursive = Common.Recursive();
        var command = new Command(
            "diff",
            """
            show what apply would change; exit code 0: nothing, 1: something, more: an error

              insula diff -f web.yaml
              INSULA_EXTERNAL_DIFF='diff --color=always -u -N' insula diff -f .
            """)
        {
            files, recursive,
        };
        command.SetAction(async (parsed, ct) =>
        {
            // Nobody else's to read, like the objects.
            var directory = Directory.CreateTempSubdirectory("insula-diff-");
            try
            {
                var (live, merged) = (directory.CreateSubdirectory("LIVE"), directory.CreateSubdirectory("MERGED"));
                var documents = await ManifestFiles.ReadAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), ct);
                using var client = parsed.Client();
                var targets = documents.Select(d => ObjectTarget.Of(d, parsed.NamespaceName())).ToList();
                foreach (var target in targets)
                {
                    var isNew = targets.Any(n => n.CreatesNamespaceOf(target)) && await client.FindAsync($"/api/v1/namespaces/{target.Namespace}", ct) is null;
                    await WriteAsync(client, target, isNew, live.FullName, merged.FullName, ct);
                }

                await Console.Out.FlushAsync(ct);
                return await CompareAsync(directory.FullName, ct);
            }
            catch (CommandException e)
            {
                throw new CommandException(e.Message, Failed, e) { Code = e.Code };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(e.Message, Failed, e);
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        });
        return command;
    }

    private static async Task WriteAsync(ApiClient client, ObjectTarget target, bool isNew, string live, string merged, CancellationToken ct)
    {
        // In a namespace that comes with it there is nobody to ask.
        var before = isNew ? null : await client.FindAsync(target.Path, ct);
        var after = isNew ? target.Document.DeepClone().AsObject() : await target.TryAsync(() => client.SendAsync(
            HttpMethod.Patch, target.Path + "?dryRun=All&fieldManager=insula", ApiClient.Json(target.Document, "application/apply-patch+yaml"), ct));
        before = before is null ? null : ComparedObject.Plain(before);
        after = ComparedObject.Plain(after);
        ComparedObject.HideSecrets(before, after);

        // Names may hold what paths may not.
        var name = string.Join('.', new[] { target.Type.GroupVersion, target.Type.Kind, target.Namespace, target.Name }.OfType<string>()).Replace('/', '.');
        Save(live, name, before);
        Save(merged, name, after);
    }

    private static void Save(string directory, string name, JsonObject? document)
    {
        if (document is not null)
        {
            using var writer = new StreamWriter(Path.Combine(directory, name));
            YamlWriter.Write(writer, document);
        }
    }

    // Not by a shell: kubectl has none either, and its users' variables are words and options.
    private static async Task<int> CompareAsync(string directory, CancellationToken ct)
    {
        var asked = s_programs.Select(Environment.GetEnvironmentVariable).FirstOrDefault(p => !string.IsNullOrWhiteSpace(p)) ?? "diff -u -N";
        var words = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(words[0], [.. words.Skip(1), "LIVE", "MERGED"]) { WorkingDirectory = directory })
                ?? throw new CommandException($"{words[0]} cannot be started", Failed);
            await process.WaitForExitAsync(ct);
            return process.ExitCode;
        }
        catch (Win32Exception e)
        {
            throw new CommandException($"{words[0]} cannot be started: {e.Message}; $INSULA_EXTERNAL_DIFF names another program that compares directories", Failed, e);
        }
    }
}

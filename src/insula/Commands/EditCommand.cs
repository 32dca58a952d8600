using System.CommandLine;
using System.Diagnostics;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula edit</c>: an object in one's editor.</summary>
internal static class EditCommand
{
    private static readonly string[] s_editors = ["INSULA_EDITOR", "KUBE_EDITOR", "VISUAL", "EDITOR"];

    public static Command Create()
    {
        var words = new Argument<string[]>("what") { Description = "KIND NAME or KIND/NAME", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var subresource = new Option<string?>("--subresource") { Description = "change this part of the object instead: resize, cpu and memory of a running pod", HelpName = "NAME" };
        subresource.AcceptOnlyFromAmong("resize");
        var command = new Command(
            "edit",
            """
            change an object in an editor: $INSULA_EDITOR, $KUBE_EDITOR, $VISUAL, $EDITOR, else vi

              insula edit deployment/web
              EDITOR=nano insula edit configmap settings
              insula edit pod hello --subresource resize
            """)
        {
            words, subresource,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var suffix = parsed.GetValue(subresource) is { } part ? $"/{part}" : "";
            using var client = parsed.Client();
            foreach (var target in await Targets.ResolveAsync(
                client, parsed.GetValue(words)!, parsed.NamespaceName(), selector: null, all: false, allNamespaces: false, ct))
            {
                await EditAsync(client, target, suffix, ct);
            }

            return 0;
        });
        return command;
    }

    private static async Task EditAsync(ApiClient client, ObjectTarget target, string suffix, CancellationToken ct)
    {
        var document = await client.GetAsync(target.Path, ct);
        document.Remove("status");

        // Nobody else's to read: a Secret may be in it.
        var directory = Directory.CreateTempSubdirectory("insula-edit-");
        var file = Path.Combine(directory.FullName, $"{target.Name}.yaml");
        await using (var writer = new StreamWriter(file))
        {
            await writer.WriteLineAsync($"# {target.Reference}: save to change it, leave as it is to change nothing.");
            YamlWriter.Write(writer, document);
        }

        var before = await File.ReadAllTextAsync(file, ct);
        await OpenAsync(file, ct);
        if (await File.ReadAllTextAsync(file, ct) == before)
        {
            directory.Delete(recursive: true);
            await Console.Error.WriteLineAsync($"{target.Reference} left as it is");
            return;
        }

        try
        {
            var edited = await ManifestFiles.ReadAsync([file], recursive: false, ct);
            if (edited is not [{ } one] || ObjectTarget.Of(one, target.Namespace ?? "").Path != target.Path)
            {
                throw new CommandException($"this is not {target.Reference} any more: kind, name and namespace cannot be changed");
            }

            await client.SendAsync(HttpMethod.Put, target.Path + suffix, ApiClient.Json(one.Json), ct);
        }
        catch (CommandException e)
        {
            var next = suffix.Length == 0 ? ": mend it, and `insula replace -f` it" : "";
            throw new CommandException($"{e.Message}\n       what you wrote is in {file}{next}", e.ExitCode, e);
        }

        directory.Delete(recursive: true);
        await Console.Out.WriteLineAsync($"{target.Reference} edited");
    }

    // By a shell, since the variable may hold options, too.
    private static async Task OpenAsync(string file, CancellationToken ct)
    {
        var editor = s_editors.Select(Environment.GetEnvironmentVariable).FirstOrDefault(e => !string.IsNullOrWhiteSpace(e)) ?? "vi";
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{editor} \"$0\"", file]))
            ?? throw new CommandException($"the editor {editor} cannot be started");
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
        {
            throw new CommandException($"the editor {editor} ended with code {process.ExitCode}: nothing is changed, and what it wrote is in {file}");
        }
    }
}

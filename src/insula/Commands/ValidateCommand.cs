using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula validate</c>: reads manifests as the daemon would, without a daemon.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var files = Common.Files();
        files.Required = true;
        var recursive = Common.Recursive();
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only errors, no warnings and no summary" };
        var portable = new Option<bool>("--portable") { Description = "also refuse fields that only Insula has, so that what is valid is so for a cluster, too" };
        var command = new Command(
            "validate", "check manifests without running anything: wrong, misspelt, refused and meaningless fields") { files, recursive, quiet, portable };
        command.SetAction(async (parsed, ct) =>
        {
            var errors = 0;
            var objects = 0;
            foreach (var source in parsed.GetValue(files)!.SelectMany(s => ManifestFiles.Expand(s, parsed.GetValue(recursive))))
            {
                var file = await ManifestFiles.ParseAsync(source, ct);
                var name = source == "-" ? "standard input" : source;
                objects += file.Documents.Count;
                foreach (var problem in parsed.GetValue(portable) ? file.Problems().Concat(file.Unportable()) : file.Problems())
                {
                    errors++;
                    await Console.Error.WriteLineAsync($"{name}: error: {Output.Printable.Text(problem)}");
                }

                if (!parsed.GetValue(quiet))
                {
                    foreach (var warning in file.Warnings())
                    {
                        await Console.Error.WriteLineAsync($"{name}: warning: {Output.Printable.Text(warning)}");
                    }
                }
            }

            if (errors == 0 && !parsed.GetValue(quiet))
            {
                await Console.Out.WriteLineAsync($"{objects} {(objects == 1 ? "object is" : "objects are")} valid");
            }

            return errors == 0 ? 0 : 1;
        });
        return command;
    }
}

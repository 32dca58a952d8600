using System.CommandLine;
using System.Formats.Tar;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula load</c>: images from an OCI layout, an OCI archive or a docker archive.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("source") { Description = "an OCI layout directory, an OCI or docker archive (plain or gzip), or - for standard input" };
        var name = new Option<string?>("--name")
        {
            Description = "the reference to give the image, where the archive names none or another",
            HelpName = "REFERENCE",
        };
        var output = ImageSteps.Output();
        var command = new Command("load", "bring images from a directory or an archive") { source, name, output };
        command.SetAction(async (parsed, ct) =>
        {
            var from = parsed.GetValue(source)!;
            using var client = parsed.Client();
            using var content = Content(from, ct);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
            var query = parsed.GetValue(name) is { } reference ? $"?name={Uri.EscapeDataString(reference)}" : "";
            using var response = await client.SendRawAsync(HttpMethod.Post, $"/apis/insula.dev/v1/images:load{query}", content, ct);
            var loaded = await ImageSteps.ShowAsync(response, "Loaded", from, parsed.GetValue(output) is not null, ct);
            return loaded > 0 ? 0 : throw new CommandException($"{from}: the daemon ended the load without a result");
        });
        return command;
    }

    private static StreamContent Content(string from, CancellationToken ct)
    {
        if (from == "-")
        {
            return new StreamContent(StandardStreams.OpenInput());
        }

        if (Directory.Exists(from))
        {
            if (!File.Exists(Path.Combine(from, "oci-layout")) && !File.Exists(Path.Combine(from, "manifest.json")))
            {
                throw new CommandException($"{from}: no oci-layout file in this directory; it is not an OCI layout");
            }

            // The directory travels as an archive made on the way: nothing is written to disk.
            var pipe = new Pipe();
            _ = WriteArchiveAsync(from, pipe.Writer, ct);
            return new StreamContent(pipe.Reader.AsStream());
        }

        return File.Exists(from)
            ? new StreamContent(File.OpenRead(from))
            : throw new CommandException($"{from}: no such file or directory");
    }

    private static async Task WriteArchiveAsync(string directory, PipeWriter output, CancellationToken ct)
    {
        try
        {
            await TarFile.CreateFromDirectoryAsync(directory, output.AsStream(leaveOpen: true), includeBaseDirectory: false, ct);
            await output.CompleteAsync();
        }
        catch (Exception e)
        {
            // The reader sees the error and fails the upload with it.
            await output.CompleteAsync(e);
        }
    }
}

using System.CommandLine;
using System.Formats.Tar;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula save</c>: images as an archive or an OCI layout.</summary>
internal static class SaveCommand
{
    private const string Layout = "oci-dir";

    public static Command Create()
    {
        var images = new Argument<string[]>("image") { Description = "references or ids", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o")
        {
            Description = "the file, or with --format oci-dir the directory, to write; - is standard output",
            HelpName = "PATH",
            DefaultValueFactory = _ => "-",
        };
        var format = new Option<string>("--format")
        {
            Description = "docker-archive and oci-archive: one and the same tar, which can be read as either; oci-dir: an OCI layout directory",
            DefaultValueFactory = _ => "docker-archive",
        };
        format.AcceptOnlyFromAmong("docker-archive", "oci-archive", Layout);
        var command = new Command(
            "save",
            """
            write images to an archive that any engine loads

              insula save app:1.0 -o app.tar                      what insula, docker, podman and ctr load
              insula save app:1.0 | zstd >app.tar.zst             smaller; layers are plain in the archive
              insula save app:1.0 web:2.1 -o both.tar             layers they share are in it once
              insula save app:1.0 --format oci-dir -o app         a directory, for tools that take OCI layouts
            """)
        { images, output, format };
        command.SetAction((parsed, ct) => SaveAsync(parsed, parsed.GetValue(images)!, parsed.GetValue(output)!, parsed.GetValue(format) == Layout, ct));
        return command;
    }

    private static async Task<int> SaveAsync(ParseResult parsed, string[] images, string to, bool isLayout, CancellationToken ct)
    {
        if (to == "-" && isLayout)
        {
            throw new CommandException("an OCI layout is a directory: say which by -o DIRECTORY");
        }

        if (to == "-" && !Console.IsOutputRedirected)
        {
            throw new CommandException("an archive is not for a terminal: -o FILE, or > FILE");
        }

        if (isLayout && Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
        {
            throw new CommandException($"{to}: the directory is not empty");
        }

        using var client = parsed.Client();
        var query = string.Join('&', images.Select(i => $"image={Uri.EscapeDataString(i)}"));
        using var response = await client.SendRawAsync(HttpMethod.Get, $"{ImagesCommand.Path}:save?{query}", null, ct);
        var bars = new LayerBars(Console.Error, isTerminal: !Console.IsErrorRedirected);
        await using var archive = new CountedStream(await response.Content.ReadAsStreamAsync(ct), count => bars.Show(new JsonObject
        {
            ["layer"] = to == "-" ? "archive" : Path.GetFileName(to),
            ["step"] = "saving",
            ["bytes"] = count,
            ["total"] = response.Content.Headers.ContentLength,
        }));
        try
        {
            await WriteAsync(archive, to, isLayout, ct);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            throw new CommandException($"{string.Join(", ", images)}: the daemon broke off in the middle; its log says why (a layer may have been removed or changed)", 1, e);
        }
        finally
        {
            bars.Finish();
        }

        if (to != "-")
        {
            await Console.Out.WriteLineAsync($"Saved {string.Join(", ", images)} to {to} ({ImagesCommand.Size(archive.Count)})");
        }

        return 0;
    }

    // What is named as was asked for is whole.
    private static async Task WriteAsync(Stream archive, string to, bool isLayout, CancellationToken ct)
    {
        if (to == "-")
        {
            await using var output = StandardStreams.OpenOutput();
            await archive.CopyToAsync(output, ct);
            return;
        }

        var temporary = $"{to.TrimEnd('/')}.{Environment.ProcessId}.part";
        try
        {
            if (isLayout)
            {
                Directory.CreateDirectory(temporary);
                await TarFile.ExtractToDirectoryAsync(archive, temporary, overwriteFiles: false, ct);
                File.Delete(Path.Combine(temporary, "manifest.json")); // of the docker archive
                if (Directory.Exists(to))
                {
                    Directory.Delete(to);
                }

                Directory.Move(temporary, to);
                return;
            }

            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await archive.CopyToAsync(file, ct);
            }

            if (File.Exists(to) || !Path.Exists(to))
            {
                File.Move(temporary, to, overwrite: true);
                return;
            }

            throw new CommandException($"{to}: not a file; with --format {Layout} it would be a directory");
        }
        catch (Exception e) when (e is IOException and not HttpIOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{to}: {e.Message}", 1, e);
        }
        finally
        {
            File.Delete(temporary);
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private sealed class CountedStream(Stream source, Action<long> told) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => Count;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await source.ReadAsync(buffer, cancellationToken);
            told(Count += count);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var got = source.Read(buffer, offset, count);
            told(Count += got);
            return got;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

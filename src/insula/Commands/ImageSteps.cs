using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Shows what the daemon says while it loads or pulls images.</summary>
internal static class ImageSteps
{
    /// <summary>Reads the answer to its end. How many images there are now that were asked for.</summary>
    /// <param name="answer">Lines of JSON.</param>
    /// <param name="word">What is said of each image.</param>
    /// <param name="of">What was asked for, for messages.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<int> ShowAsync(HttpResponseMessage answer, string word, string of, CancellationToken ct)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
        var done = 0;
        var progress = new ProgressLine();
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (line.Length == 0 || JsonNode.Parse(line) is not JsonObject step)
            {
                continue;
            }

            if ((string?)step["error"] is { } error)
            {
                progress.Clear();
                throw new CommandException($"{of}: {error}");
            }

            if ((string?)step["loaded"] is { } image)
            {
                progress.Clear();
                done++;
                await Console.Out.WriteLineAsync($"{word} image: {Output.Printable.Cell(image)}");
                foreach (var warning in step["warnings"]?.AsArray() ?? [])
                {
                    await Console.Error.WriteLineAsync($"Warning: {Output.Printable.Cell((string?)warning ?? "")}");
                }
            }
            else if ((string?)step["progress"] is { } text)
            {
                progress.Show(text);
            }
        }

        progress.Clear();
        return done;
    }
}

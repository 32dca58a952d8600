using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Shows what the daemon says while it loads or pulls images.</summary>
internal static class ImageSteps
{
    /// <summary>The option that has the daemon's own lines printed.</summary>
    public static Option<string?> Output()
    {
        var option = new Option<string?>("--output", "-o") { Description = "json: every step as a line of JSON on standard output", HelpName = "json" };
        option.AcceptOnlyFromAmong("json");
        return option;
    }

    /// <summary>Reads the answer to its end. How many images there are now that were asked for.</summary>
    /// <param name="answer">Lines of JSON.</param>
    /// <param name="word">What is said of each image.</param>
    /// <param name="of">What was asked for, for messages.</param>
    /// <param name="json">Whether the lines are printed as they are.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<int> ShowAsync(HttpResponseMessage answer, string word, string of, bool json, CancellationToken ct)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
        var done = 0;
        var progress = new LayerBars(Console.Error, isTerminal: !Console.IsErrorRedirected);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (line.Length == 0 || JsonNode.Parse(line) is not JsonObject step)
            {
                continue;
            }

            if ((string?)step["error"] is { } error)
            {
                progress.Finish();
                throw new CommandException($"{of}: {error}");
            }

            done += step["loaded"] is null ? 0 : 1;
            if (json)
            {
                await Console.Out.WriteLineAsync(step.ToJsonString());
            }
            else if ((string?)step["loaded"] is { } image)
            {
                progress.Finish();
                var present = (bool?)step["alreadyPresent"] == true ? " (it was there already)" : "";
                await Console.Out.WriteLineAsync($"{word} image: {Cli.Output.Printable.Cell(image)}{present}");
                foreach (var warning in step["warnings"]?.AsArray() ?? [])
                {
                    await Console.Error.WriteLineAsync($"Warning: {Cli.Output.Printable.Cell((string?)warning ?? "")}");
                }
            }
            else
            {
                progress.Show(step);
            }
        }

        progress.Finish();
        return done;
    }
}

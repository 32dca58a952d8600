using System.CommandLine.Invocation;
using Insula.Cli.Client;
using Insula.Cli.Commands;

namespace Insula.Cli;

/// <summary>The command line of Insula: kubectl's words for the pods of one machine.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        try
        {
            var parsed = InsulaCommand.Create().Parse(arguments);
            // A command that only groups others gets its help page; what is wrong elsewhere takes one line.
            if (parsed.Action is ParseErrorAction
                && (parsed.UnmatchedTokens.Count > 0 || parsed.CommandResult.Command is { Subcommands.Count: 0 }))
            {
                foreach (var line in UsageErrors.Describe(parsed))
                {
                    await Console.Error.WriteLineAsync(Output.Printable.Text(line));
                }

                return parsed.CommandResult.Command.Name == "diff" ? DiffCommand.Failed : 1;
            }

            // Errors are ours to print; Ctrl-C cancels the token of the running command.
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        }
        catch (CommandException e)
        {
            await Console.Error.WriteLineAsync($"error: {Output.Printable.Text(e.Message)}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            // A closed pipe on our output (`insula logs | head`) is how readers say that they have enough.
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
    }
}

using System.CommandLine;
using Insula.Api.Documentation;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula explain</c>: what a field means, and whether it is honoured here.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var field = new Argument<string>("field") { Description = "KIND or KIND.FIELD.FIELD…, as pod.spec.containers.livenessProbe" };
        var recursive = new Option<bool>("--recursive") { Description = "all fields below it" };
        var command = new Command("explain", "show what a field means, its type, and whether it is honoured") { field, recursive };
        command.SetAction(async (parsed, _) =>
        {
            if (!Explain.TryText(parsed.GetValue(field)!, parsed.GetValue(recursive), out var text))
            {
                throw new CommandException(text.TrimEnd());
            }

            await Console.Out.WriteLineAsync(text.TrimEnd());
            return 0;
        });
        return command;
    }
}

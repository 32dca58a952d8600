using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>The <c>--dry-run</c> option: the daemon checks and answers, and stores nothing.</summary>
internal static class DryRun
{
    public static Option<string> Option() => new("--dry-run")
    {
        Description = "server: let the daemon check and answer without storing anything; none",
        DefaultValueFactory = _ => "none",
        HelpName = "server|none",
    };

    public static bool Of(string? value) => value switch
    {
        "none" or null => false,
        "server" => true,
        _ => throw new CommandException($"--dry-run={value}: must be server or none"),
    };
}

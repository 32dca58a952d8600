using System.CommandLine;

namespace Insula.Cli.Commands;

internal static class ExplainCommand
{
    public static Command Create() => new("explain", "x");
}

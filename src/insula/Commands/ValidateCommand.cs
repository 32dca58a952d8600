using System.CommandLine;

namespace Insula.Cli.Commands;

internal static class ValidateCommand
{
    public static Command Create() => new("validate", "x");
}

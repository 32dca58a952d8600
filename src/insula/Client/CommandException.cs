namespace Insula.Cli.Client;

/// <summary>An error for the user: what failed, where, and what to do. It becomes one line and an exit code.</summary>
internal sealed class CommandException : Exception
{
    public CommandException(string message, int exitCode = 1, Exception? inner = null)
        : base(message, inner)
    {
        ExitCode = exitCode;
    }

    /// <summary>The exit code of the program.</summary>
    public int ExitCode { get; }

    /// <summary>The HTTP status the daemon answered with, or 0.</summary>
    public int Code { get; init; }
}

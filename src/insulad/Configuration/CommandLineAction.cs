namespace Insulad.Configuration;

/// <summary>What to do.</summary>
internal enum CommandLineAction
{
    /// <summary>Run the daemon.</summary>
    Run,

    /// <summary>End all pods within their grace; the next daemon starts them anew.</summary>
    Drain,

    /// <summary>Print the help.</summary>
    Help,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Print a configuration file with the options in force, each documented.</summary>
    PrintConfig,
}

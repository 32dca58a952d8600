namespace Insulad.Configuration;

/// <summary>One option: a command-line flag and a key of the configuration file at once.</summary>
/// <param name="Name">The name without dashes; it is the key in the file.</param>
/// <param name="Value">What stands for the value in the help.</param>
/// <param name="Description">What it does, with unit and consequence, for people.</param>
/// <param name="Show">The value in force, or null when unset.</param>
/// <param name="Parse">The options with this one set. Throws <see cref="FormatException"/> saying what would be right.</param>
internal sealed record OptionDefinition(
    string Name,
    string Value,
    string Description,
    Func<DaemonOptions, string?> Show,
    Func<DaemonOptions, string, DaemonOptions> Parse);

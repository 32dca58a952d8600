namespace Insulad.Configuration;

/// <summary>What the command line asks for.</summary>
internal sealed record CommandLine(CommandLineAction Action, DaemonOptions Options)
{
    /// <summary>Reads the command line; the file of <c>--config</c> first, so that flags win over it.</summary>
    /// <exception cref="ConfigurationException">Something in either is wrong.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var action = CommandLineAction.Run;
        string? file = null;
        var given = new List<(OptionDefinition Option, string Value)>();
        for (var i = 0; i < args.Count; i++)
        {
            var word = args[i];
            if (word is "--help" or "-h")
            {
                return new CommandLine(CommandLineAction.Help, new DaemonOptions());
            }

            if (word is "--version")
            {
                return new CommandLine(CommandLineAction.Version, new DaemonOptions());
            }

            if (word is "--print-config" or "--drain")
            {
                action = word == "--drain" ? CommandLineAction.Drain : CommandLineAction.PrintConfig;
                continue;
            }

            if (!word.StartsWith("--", StringComparison.Ordinal))
            {
                throw new ConfigurationException($"'{word}' is not an option; insulad --help lists them");
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word[2..] : word[2..equals];
            var option = OptionTable.Find(name);
            if (option is null && name != "config")
            {
                throw new ConfigurationException($"--{name}: {OptionTable.Unknown(name, "--")}");
            }

            var value = equals >= 0 ? word[(equals + 1)..]
                : i + 1 < args.Count ? args[++i]
                : throw new ConfigurationException($"--{name}: needs a value");
            if (option is null)
            {
                file = value;
            }
            else
            {
                given.Add((option, value));
            }
        }

        var options = file is null ? new DaemonOptions() : ConfigurationFile.Apply(new DaemonOptions(), file);
        foreach (var (option, value) in given)
        {
            try
            {
                options = option.Parse(options, value);
            }
            catch (FormatException e)
            {
                throw new ConfigurationException($"--{option.Name}: '{value}' is not {e.Message}");
            }
        }

        try
        {
            _ = options.Evictions();
        }
        catch (FormatException e)
        {
            throw new ConfigurationException(e.Message);
        }

        return new CommandLine(action, options);
    }
}

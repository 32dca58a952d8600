using System.Text;

namespace Insulad.Configuration;

/// <summary>The texts of <c>--help</c> and <c>--print-config</c>.</summary>
internal static class HelpText
{
    private const int Width = 100;

    public static string Help()
    {
        var text = new StringBuilder();
        text.AppendLine("insulad: runs Kubernetes pods on this machine.");
        text.AppendLine();
        text.AppendLine("Usage: insulad [--config FILE] [OPTION VALUE]...");
        text.AppendLine();
        text.AppendLine("It runs in the foreground, as root, until SIGTERM or SIGINT; pods go on without it and are");
        text.AppendLine("taken over by the next one. Talk to it with `insula`, or any HTTP client on the socket.");
        text.AppendLine();
        text.AppendLine("  --config FILE");
        Wrap(text, "      ", "YAML file of OPTION: VALUE lines, the options below without their dashes. The command line wins over it.");
        text.AppendLine("  --print-config");
        Wrap(text, "      ", "Print such a file, with the options in force and what each means, and exit.");
        text.AppendLine("  --drain");
        Wrap(text, "      ", "Instead of serving: end all pods, each within its grace, and exit. Their objects, volumes and logs stay; the next daemon starts them anew. For the shutdown of the machine, when no daemon runs.");
        text.AppendLine("  --help, --version");
        text.AppendLine();
        var defaults = new DaemonOptions();
        foreach (var option in OptionTable.All)
        {
            text.Append("  --").Append(option.Name).Append(' ').AppendLine(option.Value);
            var value = option.Show(defaults);
            Wrap(text, "      ", value is null ? option.Description : $"{option.Description} Default: {value}.");
        }

        return text.ToString();
    }

    public static string Config(DaemonOptions options)
    {
        var text = new StringBuilder();
        text.AppendLine("# Configuration of insulad, for --config. A line that is commented out has the value shown.");
        var defaults = new DaemonOptions();
        foreach (var option in OptionTable.All)
        {
            text.AppendLine();
            Wrap(text, "# ", $"{option.Description} ({option.Value})");
            var value = option.Show(options);
            text.Append(value == option.Show(defaults) ? "#" : "").Append(option.Name).Append(": ").AppendLine(Quote(value));
        }

        return text.ToString();
    }

    private static string Quote(string? value) => value is null ? ""
        : value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? value
        : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static void Wrap(StringBuilder text, string indent, string words)
    {
        var column = 0;
        foreach (var word in words.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.AppendLine();
                column = 0;
            }

            var lead = column == 0 ? indent : " ";
            text.Append(lead).Append(word);
            column += lead.Length + word.Length;
        }

        text.AppendLine();
    }
}

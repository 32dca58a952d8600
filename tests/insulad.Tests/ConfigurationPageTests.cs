using System.Text;
using Insulad.Configuration;
using Insula.Tests.Shared;

namespace Insulad.Tests;

/// <summary>docs/configuration.md is what the code says; <c>make docs</c> writes it anew.</summary>
public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_of_options_is_made_from_the_table()
    {
        var page = Path.Combine(RepositoryRoot.Find(), "docs", "configuration.md");
        var now = Page();
        if (Environment.GetEnvironmentVariable("INSULA_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, now);
        }

        Assert.True(File.Exists(page) && File.ReadAllText(page) == now, "docs/configuration.md is not what the code says: run `make docs`");
    }

    private static string Page()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # The daemon's options

            Each is an argument (`insulad --back-off-max 1m`) and a key of the YAML file that `--config FILE` names
            (`back-off-max: 1m`); an argument wins. `insulad --print-config` prints such a file with what is in force.

            | Option | Value | Default | Meaning |
            |---|---|---|---|

            """);
        var defaults = new DaemonOptions();
        foreach (var option in OptionTable.All)
        {
            // What is taken from the machine has no default that a page could name.
            var value = option.Name == "node-name" ? "the host's name" : option.Show(defaults) is { Length: > 0 } shown ? $"`{shown}`" : "";
            text.Append($"| `{option.Name}` | {option.Value.Replace("|", " or ", StringComparison.Ordinal)} | {value} | {option.Description.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.ToString();
    }
}

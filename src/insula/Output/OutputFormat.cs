using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>The value of <c>-o</c>.</summary>
/// <param name="Name">table, wide, yaml, json, name, jsonpath or custom-columns.</param>
/// <param name="Template">The template of jsonpath.</param>
internal sealed record OutputFormat(string Name, string? Template = null)
{
    private const string ColumnsPrefix = "custom-columns=";

    /// <summary>The columns of custom-columns.</summary>
    public CustomColumns? Columns { get; init; }

    public bool IsTable => Name is "table" or "wide";

    public static OutputFormat Parse(string? value)
    {
        switch (value)
        {
            case null or "":
                return new OutputFormat("table");
            case "wide" or "yaml" or "json" or "name":
                return new OutputFormat(value);
            default:
                if (value.StartsWith("jsonpath=", StringComparison.Ordinal) && value.Length > "jsonpath=".Length)
                {
                    return new OutputFormat("jsonpath", value["jsonpath=".Length..]);
                }

                if (value.StartsWith(ColumnsPrefix, StringComparison.Ordinal))
                {
                    return new OutputFormat("custom-columns") { Columns = CustomColumns.Parse(value[ColumnsPrefix.Length..]) };
                }

                throw new CommandException(
                    $"-o {value}: unknown format; use wide, yaml, json, name, jsonpath='{{.items[*].metadata.name}}' or custom-columns=NAME:.metadata.name");
        }
    }
}

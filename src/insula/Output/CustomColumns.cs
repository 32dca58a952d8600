using System.Text.Json.Nodes;
using Insula.Api.Paths;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>The columns of <c>-o custom-columns=NAME:.metadata.name,IMAGES:.spec.containers[*].image</c>.</summary>
/// <param name="Headers">Their names.</param>
/// <param name="Paths">Where their values are.</param>
internal sealed record CustomColumns(IReadOnlyList<string> Headers, IReadOnlyList<JsonPathTemplate> Paths)
{
    private const string Option = "-o custom-columns";

    /// <summary>Reads the columns.</summary>
    /// <exception cref="CommandException">There are none, or one has no name or no path.</exception>
    public static CustomColumns Parse(string text)
    {
        var (headers, paths) = (new List<string>(), new List<JsonPathTemplate>());
        foreach (var column in text.Split(','))
        {
            var colon = column.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == column.Length - 1)
            {
                throw new CommandException($"{Option}: \"{column}\" is no column: write NAME:.metadata.name,IMAGES:.spec.containers[*].image");
            }

            headers.Add(column[..colon]);
            paths.Add(JsonPaths.Path(column[(colon + 1)..], Option));
        }

        return new CustomColumns(headers, paths);
    }

    /// <summary>The cells of an object; several values of one column with commas between them.</summary>
    public IEnumerable<string> Cells(JsonObject item) => Paths.Select(p => JsonPaths.Find(p, item) is { Count: > 0 } values
        ? string.Join(',', values.Select(v => v is null ? "<none>" : JsonPathTemplate.Print(v))) : "<none>");
}

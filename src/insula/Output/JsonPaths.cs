using System.Text.Json.Nodes;
using Insula.Api.Paths;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>JSONPath templates of the command line; a wrong one is the user's to mend.</summary>
internal static class JsonPaths
{
    /// <summary>One path.</summary>
    /// <param name="text">The path, with braces or without.</param>
    /// <param name="where">The option it came with.</param>
    public static JsonPathTemplate Path(string text, string where)
    {
        try
        {
            return JsonPathTemplate.ParsePath(text);
        }
        catch (JsonPathException e)
        {
            throw new CommandException($"{where}: {e.Message}", 1, e);
        }
    }

    /// <summary>The values of a path.</summary>
    public static IReadOnlyList<JsonNode?> Find(JsonPathTemplate path, JsonNode? item)
    {
        try
        {
            return path.Find(item);
        }
        catch (JsonPathException e)
        {
            throw new CommandException(e.Message, 1, e);
        }
    }

    public static string Evaluate(string template, JsonObject item)
    {
        try
        {
            return JsonPathTemplate.Parse(template).Execute(item);
        }
        catch (JsonPathException e)
        {
            throw new CommandException(e.Message, 1, e);
        }
    }
}

using System.Text.Json.Nodes;
using Insula.Api.Paths;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>JSONPath templates of the command line; a wrong one is the user's to mend.</summary>
internal static class JsonPaths
{
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

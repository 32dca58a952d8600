using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>JSONPath templates as kubectl has them.</summary>
internal static class JsonPaths
{
    public static string Evaluate(string template, JsonObject item) => throw new CommandException($"jsonpath {template}{item}");
}

using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Where the spec of the pods is in objects of each kind.</summary>
internal static class PodTemplates
{
    /// <summary>The spec of the pods, and what wraps a patch of it.</summary>
    public static (JsonObject Spec, Func<JsonObject, JsonObject> Wrap) Of(ObjectTarget target, JsonObject document)
    {
        string[] path = target.Type.Kind switch
        {
            "Pod" => ["spec"],
            "CronJob" => ["spec", "jobTemplate", "spec", "template", "spec"],
            _ => ["spec", "template", "spec"],
        };
        JsonNode? at = document;
        foreach (var name in path)
        {
            at = at?[name];
        }

        return at is JsonObject spec
            ? (spec, patch => path.Reverse().Aggregate(patch, (inner, name) => new JsonObject { [name] = inner }))
            : throw new CommandException($"{target.Reference} has no pods of its own");
    }
}

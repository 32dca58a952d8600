using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>A ConfigMap or Secret in words. Of a Secret's values only the sizes are shown.</summary>
internal static class ConfigDescription
{
    public static void Write(Outline at, JsonObject item)
    {
        var secret = (string?)item["kind"] == "Secret";
        var metadata = item["metadata"];
        at.Field("Name", (string?)metadata?["name"]);
        at.Field("Namespace", (string?)metadata?["namespace"]);
        at.Field("Created", (string?)metadata?["creationTimestamp"]);
        at.Fields("Labels", Pairs(metadata?["labels"]));

        // What was applied last is the whole object, values and all.
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        if (secret)
        {
            at.Field("Type", (string?)item["type"]);
        }

        at.Field("Immutable", (bool?)item["immutable"] == true ? "true" : "false");
        var data = at.Section("Data");
        foreach (var (key, value) in item["data"] as JsonObject ?? [])
        {
            var text = (string?)value ?? "";
            if (secret)
            {
                data.Field(key, Size(text));
            }
            else
            {
                data.Fields(key, text.TrimEnd('\n').Split('\n'));
            }
        }

        foreach (var (key, value) in item["binaryData"] as JsonObject ?? [])
        {
            data.Field(key, Size((string?)value ?? ""));
        }
    }

    private static string Size(string base64)
    {
        var bytes = new byte[(base64.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? string.Create(CultureInfo.InvariantCulture, $"{length} bytes") : "no base64";
    }

    private static IEnumerable<string> Pairs(JsonNode? map) => (map as JsonObject)?.Select(pair => $"{pair.Key}={(string?)pair.Value}") ?? [];
}

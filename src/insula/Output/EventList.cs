using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Printing;

namespace Insula.Cli.Output;

/// <summary>Events as lines.</summary>
internal static class EventList
{
    public static List<JsonObject> InOrder(JsonArray events) =>
        [.. events.OfType<JsonObject>().OrderBy(LastSeen)];

    public static TextTable Table(bool withNamespace, bool withObject)
    {
        List<string> headers = ["LAST SEEN", "TYPE", "REASON", "MESSAGE"];
        if (withObject)
        {
            headers.Insert(3, "OBJECT");
        }

        if (withNamespace)
        {
            headers.Insert(0, "NAMESPACE");
        }

        return new TextTable(headers);
    }

    public static IEnumerable<string> Cells(JsonObject item, bool withNamespace, bool withObject)
    {
        if (withNamespace)
        {
            yield return (string?)item["metadata"]?["namespace"] ?? "";
        }

        var count = (int?)item["count"] ?? 1;
        var age = Age(LastSeen(item));
        yield return count > 1 && FirstSeen(item) is { } first ? $"{age} (x{count} over {Age(first)})" : age;
        yield return (string?)item["type"] ?? "";
        yield return (string?)item["reason"] ?? "";
        if (withObject)
        {
            yield return $"{((string?)item["involvedObject"]?["kind"])?.ToLowerInvariant()}/{(string?)item["involvedObject"]?["name"]}";
        }

        yield return ((string?)item["message"] ?? "").Trim();
    }

    private static string Age(DateTimeOffset time) => HumanDuration.Since(time, DateTimeOffset.UtcNow);

    private static DateTimeOffset LastSeen(JsonObject item) =>
        Time(item["lastTimestamp"]) ?? Time(item["eventTime"]) ?? Time(item["metadata"]?["creationTimestamp"]) ?? DateTimeOffset.MinValue;

    private static DateTimeOffset? FirstSeen(JsonObject item) => Time(item["firstTimestamp"]);

    private static DateTimeOffset? Time(JsonNode? value) =>
        DateTimeOffset.TryParse((string?)value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}

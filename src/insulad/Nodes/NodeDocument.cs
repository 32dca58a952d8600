using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Nodes;

namespace Insulad.Nodes;

/// <summary>The machine's object as a document.</summary>
internal static class NodeDocument
{
    /// <summary>One for a machine of which nothing is known yet but its name.</summary>
    public static JsonObject New(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject { ["name"] = name, ["generation"] = 1 },
        ["spec"] = new JsonObject(),
    };

    /// <summary>The one of the same machine under its earlier name: what people set of it stays.</summary>
    public static JsonObject Renamed(JsonObject old, string name)
    {
        var document = New(name);
        foreach (var part in (string[])["labels", "annotations"])
        {
            if (old["metadata"]?[part] is { } given)
            {
                document["metadata"]![part] = given.DeepClone();
            }
        }

        document["spec"] = old["spec"]?.DeepClone() ?? new JsonObject();
        return document;
    }

    /// <summary>Brings one to what is.</summary>
    /// <param name="document">The object; changed in place.</param>
    /// <param name="facts">The machine.</param>
    /// <param name="conditions">How it is.</param>
    public static JsonObject Bring(JsonObject document, NodeFacts facts, IReadOnlyList<NodeCondition> conditions)
    {
        var metadata = document["metadata"]!.AsObject();
        var labels = Part(metadata, "labels");
        foreach (var (label, value) in facts.Labels)
        {
            labels[label] = value;
        }

        var spec = Part(document, "spec");
        spec["podCIDR"] = facts.PodRanges[0];
        spec["podCIDRs"] = new JsonArray([.. facts.PodRanges.Select(r => (JsonNode)r)]);
        Cordon.Mark(document);
        PressureTaints.Mark(document, conditions);
        document["status"] = ApiJson.ToJson(new NodeStatus
        {
            Capacity = facts.List(facts.ReadCapacity()),
            Allocatable = facts.List(facts.ReadAllocatable()),
            Conditions = conditions,
            Addresses = [.. facts.ReadAddresses().Select(a => new NodeAddress("InternalIP", a)), new("Hostname", facts.Name)],
            NodeInfo = facts.Info,
        });
        return document;
    }

    private static JsonObject Part(JsonObject of, string name)
    {
        if (of[name] is not JsonObject part)
        {
            of[name] = part = [];
        }

        return part;
    }
}

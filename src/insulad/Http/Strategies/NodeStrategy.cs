using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Nodes;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>The machine's object: requests change its labels, and whether it takes pods; all else is the daemon's.</summary>
internal sealed class NodeStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override string? WhyNotCreated => "there is one machine, and the daemon makes its object";

    public override string? WhyNotDeleted(string name) => "it is the machine: `insula cordon` keeps further pods away, `insula drain` ends those that run";

    public override JsonObject Default(JsonObject document)
    {
        Cordon.Mark(document);
        return document;
    }

    public override void CarryOver(JsonObject old, JsonObject document)
    {
        Keep(old["spec"], document, "spec", ["podCIDR", "podCIDRs"]);
        if (old["metadata"]?["labels"] is { } labels)
        {
            Keep(labels, document["metadata"]!.AsObject(), "labels", NodeLabels.All);
        }

        PressureTaints.Keep(old, document);
    }

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        NodeValidation.ValidateUpdate(ApiJson.Read<Node>(old), ApiJson.Read<Node>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => NodeValidation.Validate(ApiJson.Read<Node>(document));

    private static void Keep(JsonNode? before, JsonObject parent, string part, IReadOnlyList<string> names)
    {
        parent[part] ??= new JsonObject();
        foreach (var name in names)
        {
            if (parent[part] is JsonObject now && now[name] is null && before?[name] is { } value)
            {
                now[name] = value.DeepClone();
            }
        }
    }
}

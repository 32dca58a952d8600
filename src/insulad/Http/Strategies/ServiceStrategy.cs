using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Services;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Services. Their addresses and node ports are allocated by <see cref="ServiceAllocationStep"/>.</summary>
internal sealed class ServiceStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", "Service", ["get", "patch", "update"])];

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        var spec = document["spec"];
        return spec?["loadBalancerSourceRanges"] is JsonArray { Count: > 0 } && spec["allocateLoadBalancerNodePorts"] is not JsonValue value
            ? ["spec.loadBalancerSourceRanges: node ports stay open to all; do without them by allocateLoadBalancerNodePorts: false"]
            : [];
    }

    public override JsonObject Default(JsonObject document) => ServiceDefaults.Apply(document);

    public override void CarryOver(JsonObject old, JsonObject document) => ServiceDefaults.CarryOver(old, document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        ServiceValidation.ValidateUpdate(ApiJson.Read<Service>(old), ApiJson.Read<Service>(document));

    /// <summary>With another type or class nothing is left of what was said about the load balancer: nobody may bring it along.</summary>
    public override JsonNode? StatusAfter(JsonObject old, JsonObject next)
    {
        var status = old["status"]?.DeepClone();
        if (status is JsonObject known && (Text(next, "type") != ServiceTypeNames.LoadBalancer || Text(next, "loadBalancerClass") != Text(old, "loadBalancerClass")))
        {
            known["loadBalancer"] = new JsonObject();
        }

        return status;
    }

    public override IReadOnlyList<FieldError> ValidateStatus(JsonObject old, JsonObject next) =>
        ServiceValidation.ValidateStatusUpdate(ApiJson.Read<Service>(old), ApiJson.Read<Service>(next));

    private static string Text(JsonObject service, string field) => (string?)service["spec"]?[field] ?? "";

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => ServiceValidation.Validate(ApiJson.Read<Service>(document));
}

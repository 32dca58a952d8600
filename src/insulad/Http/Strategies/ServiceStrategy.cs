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
        return (string?)document["spec"]?["type"] == ServiceTypeNames.LoadBalancer
            ? ["spec.type: LoadBalancer acts as NodePort: there is no load balancer"]
            : [];
    }

    public override JsonObject Default(JsonObject document) => ServiceDefaults.Apply(document);

    public override void CarryOver(JsonObject old, JsonObject document) => ServiceDefaults.CarryOver(old, document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        ServiceValidation.ValidateUpdate(ApiJson.Read<Service>(old), ApiJson.Read<Service>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => ServiceValidation.Validate(ApiJson.Read<Service>(document));
}

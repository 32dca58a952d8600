using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Ingresses. Those that name no class get the default one by <see cref="IngressClassStep"/>.</summary>
internal sealed class IngressStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", Kind.Kind, ["get", "patch", "update"])];

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        return [];
    }

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => IngressValidation.Validate(ApiJson.Read<Ingress>(document));
}

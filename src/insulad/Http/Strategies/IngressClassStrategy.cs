using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>IngressClasses; those of other controllers are kept.</summary>
internal sealed class IngressClassStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName) =>
        document["spec"]?["controller"]?.ToString() is { Length: > 0 } controller && controller != IngressWords.Controller
            ? [$"spec.controller: {controller} is not there: nobody serves the Ingresses of this class; {IngressWords.Controller} is this daemon"]
            : [];

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        IngressValidation.ValidateUpdate(ApiJson.Read<IngressClass>(old), ApiJson.Read<IngressClass>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => IngressValidation.Validate(ApiJson.Read<IngressClass>(document));
}

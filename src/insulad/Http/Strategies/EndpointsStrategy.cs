using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Services;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Endpoints.</summary>
internal sealed class EndpointsStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document) => EndpointsDefaults.Apply(document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => EndpointsValidation.Validate(ApiJson.Read<Endpoints>(document));
}
